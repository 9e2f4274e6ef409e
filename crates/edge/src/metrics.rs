//! What is counted, for Prometheus.

use flow::Catalogue;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

/// Requests by operation and status, and how long they took.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<Operation, Histogram, fn() -> Histogram>,
}

impl Metrics {
    /// Counters for every operation of the catalogue.
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut registry = Registry::with_prefix("lumoauth");
        let requests = Family::<Labels, Counter>::default();
        let seconds = Family::<Operation, Histogram, fn() -> Histogram>::new_with_constructor(histogram as fn() -> Histogram);
        for entry in catalogue.entries() {
            drop(seconds.get_or_create(&Operation { operation: entry.id }));
        }
        registry.register("requests", "Requests answered, by operation and status", requests.clone());
        registry.register("request_seconds", "Time from the head of a request to its answer", seconds.clone());
        Self { registry, requests, seconds }
    }

    pub(crate) fn count(&self, operation: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Labels { operation, status }).inc();
        self.seconds.get_or_create(&Operation { operation }).observe(took.as_secs_f64());
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics could not be written");
        }
        text
    }
}

fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5])
}
