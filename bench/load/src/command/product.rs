//! Every figure of one server on one database.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::loads::{Load, mixed};
use super::proofs::claims_beside;
use super::start::ready;
use crate::dev::Server;
use crate::hash::{HashCost, hashes_per_second};
use crate::measure::{Client, Run, closed, open};
use crate::process::{Recipe, Running, resident_memory};
use crate::report::machine::cores;
use crate::report::table::{grouped, milliseconds};
use crate::report::{Row, Table};
use crate::scenario::audit;
use crate::scenario::client_credentials::ClientCredentials;
use crate::scenario::code_flow::CodeFlow;
use crate::scenario::crowd::{self, Database};
use crate::scenario::fapi::{FapiFlow, FapiTokens};
use crate::scenario::introspect::Introspect;
use crate::scenario::login::Login;
use crate::scenario::people;
use crate::scenario::refresh::Refresh;
use crate::scenario::sessions;
use crate::scenario::token_exchange::TokenExchange;
use crate::scenario::userinfo::UserInfo;

const CALM: Duration = Duration::from_millis(20);
const FIRST_ANSWER: Duration = Duration::from_millis(300);

/// What to measure with.
pub struct Measurement<'a> {
    pub recipe: Recipe,
    pub data: &'a Path,
    pub load: &'a Load,
    pub hash: HashCost,
    /// Client credentials grants per second beside the sign-ins.
    pub grants_beside_logins: u64,
    /// Sessions to create for the memory figure; none when zero.
    pub sessions: u64,
    /// People to list pages of; none when zero.
    pub people: u64,
    /// Used proofs beside which others are claimed; none when zero.
    pub proofs: u64,
    /// The `PostgreSQL` database, where it is one.
    pub url: Option<&'a str>,
}

/// The import that has a goal of its own.
const IMPORTED: u64 = 100_000;
const IMPORT: Duration = Duration::from_mins(1);
const ONE_PAGE: Duration = Duration::from_millis(5);

impl Measurement<'_> {
    /// Measures everything, and returns the rate of client credentials grants too, for comparison with others.
    pub async fn run(&self, table: &mut Table) -> Result<f64> {
        std::fs::create_dir_all(self.data)?;
        self.size(table)?;
        self.starts(table).await?;
        let (running, server) = self.start().await?;
        self.idle(&running, table).await?;
        let grants = self.rates(&server, table).await;
        self.high_assurance(&server, table).await;
        self.sign_ins(&server, table).await;
        if self.people > 0 {
            self.lists(&server, table).await;
        }
        running.stop().await?;
        if self.proofs > 0 {
            self.used_proofs(table).await;
        }
        if self.sessions > 0 {
            self.memory_with_sessions(table).await;
        }
        Ok(grants)
    }

    fn size(&self, table: &mut Table) -> Result<()> {
        let program = &self.recipe.program;
        let size = std::fs::metadata(program).with_context(|| format!("{} is not built", program.display()))?.len();
        table.add(Row::bytes("Binary", size, 60));
        Ok(())
    }

    async fn starts(&self, table: &mut Table) -> Result<()> {
        let (running, _, first) = ready(&self.recipe, self.data).await?;
        running.stop().await?;
        table.add(Row::duration("First answer after the first start (schema, keys, organization)", first, FIRST_ANSWER));
        let mut later = Vec::new();
        for _ in 0..9 {
            let (running, _, took) = ready(&self.recipe, self.data).await?;
            running.stop().await?;
            later.push(took);
        }
        later.sort();
        let median = later.get(later.len() / 2).copied().unwrap_or_default();
        table.add(Row::duration("First answer after a later start (median of 9)", median, FIRST_ANSWER));
        Ok(())
    }

    async fn start(&self) -> Result<(Running, Server)> {
        let (running, origin, _) = ready(&self.recipe, self.data).await?;
        let mut server = Server::read(&self.data.join("dev.json")).await?;
        server.origin = origin;
        Ok((running, server))
    }

    async fn idle(&self, running: &Running, table: &mut Table) -> Result<()> {
        tokio::time::sleep(Duration::from_secs(3)).await;
        table.add(Row::bytes("Resident memory, idle", resident_memory(running.pid())?, 64));
        Ok(())
    }

    async fn rates(&self, server: &Server, table: &mut Table) -> f64 {
        let count = self.load.connections;
        let grants = ClientCredentials::of(server, count);
        let before = audit::recorded(server).await;
        let (rate, answers) = self.both_loops("Client credentials", 8000.0, Ok(grants), table).await;
        Self::recorded(server, before, answers, table).await;
        self.both_loops("Refresh", 5000.0, Refresh::of(server, count).await, table).await;
        self.both_loops("UserInfo", 20_000.0, UserInfo::of(server, count).await, table).await;
        self.both_loops("Introspection", 20_000.0, Introspect::of(server, count).await, table).await;
        self.both_loops("Code flow (authorize, token, userinfo)", 1500.0, CodeFlow::of(server, 16).await, table).await;
        rate
    }

    /// What clients with keys of their own ask for, and what gateways do all day.
    async fn high_assurance(&self, server: &Server, table: &mut Table) {
        let count = self.load.connections;
        self.one_loop("FAPI tokens (private_key_jwt, DPoP)", 4000.0, FapiTokens::of(server, count).await, table).await;
        self.one_loop("FAPI flow (push, authorize, token)", 1500.0, FapiFlow::of(server, 16).await, table).await;
        self.one_loop("Token exchange", 5000.0, TokenExchange::of(server, count).await, table).await;
    }

    async fn one_loop<C: Client + 'static>(&self, name: &str, goal: f64, clients: Result<Vec<C>>, table: &mut Table) {
        let measured = async { Ok(closed(clients?, self.load.plan()).await?.0) };
        table.add(measured.await.map_or_else(|error| Row::failed(name, &error), |run| Row::rate(name, &run, goal)));
    }

    fn database(&self) -> Database {
        match self.url {
            Some(url) => Database::Postgres(url.to_owned()),
            None => Database::Sqlite(self.data.join("lumoauth.db")),
        }
    }

    async fn used_proofs(&self, table: &mut Table) {
        let name = format!("Proofs of possession claimed beside {} used ones", grouped(self.proofs as f64));
        let measured = claims_beside(&self.database(), self.proofs, self.load.seconds).await;
        table.add(measured.map_or_else(|error| Row::failed(&name, &error), |rate| Row::per_second(&name, rate, 5000.0)));
    }

    /// Whether the audit log grew by at least as many events as grants were answered.
    async fn recorded(server: &Server, before: Result<u64>, answers: u64, table: &mut Table) {
        let name = "Events recorded for these grants";
        let events = async { Ok(audit::recorded(server).await?.saturating_sub(before?)) };
        table.add(events.await.map_or_else(|error| Row::failed(name, &error), |events| Row::count(name, events, answers)));
    }

    /// The closed loop, then the open loop at half the rate the closed loop reached. Returns the rate of the closed loop and
    /// the answers of both.
    async fn both_loops<C: Client + 'static>(
        &self,
        name: &str,
        goal: f64,
        clients: Result<Vec<C>>,
        table: &mut Table,
    ) -> (f64, u64) {
        let measured = async {
            let (run, clients) = closed(clients?, self.load.plan()).await?;
            let half = half_of(&run);
            table.add(Row::rate(name, &run, goal));
            let (calm, _) = open(clients, half, self.load.plan()).await?;
            table.add(Row::p99(&format!("{name} at half load ({}/s)", grouped(calm.rate)), &calm, CALM));
            Ok((run.rate, run.answers + calm.answers))
        };
        match measured.await {
            Ok(measured) => measured,
            Err(error) => {
                table.add(Row::failed(name, &error));
                (0.0, 0)
            }
        }
    }

    async fn sign_ins(&self, server: &Server, table: &mut Table) {
        let measured = async {
            let plan = self.load.plan();
            let connections = cores() * 4;
            let hashes = hashes_per_second(self.hash, cores(), plan.measured)?;
            let HashCost { memory, passes, lanes } = self.hash;
            let cost = format!("Argon2id m={memory},t={passes},p={lanes}");
            table.add(Row::note(&format!("Hash alone ({cost}, {} threads)", cores()), format!("{}/s", grouped(hashes))));
            let (alone, _) = closed(Login::of(server, connections)?, plan).await?;
            table.add(Row::rate("Password sign-ins", &alone, 0.0));
            table.add(Row::share("Password sign-ins ÷ hash alone", alone.rate / hashes, 80.0));
            let (logins, grants) = mixed(server, connections, self.grants_beside_logins, plan).await?;
            table.add(Row::rate("Password sign-ins beside grants", &logins, 0.0));
            table.add(Row::share("Password sign-ins beside grants ÷ hash alone", logins.rate / hashes, 80.0));
            let name = format!("Client credentials beside sign-ins ({}/s)", grouped(grants.rate));
            table.add(Row::p99(&name, &grants, CALM));
            Ok(())
        };
        if let Err(error) = measured.await {
            table.add(Row::failed("Password sign-ins", &error));
        }
    }

    async fn lists(&self, server: &Server, table: &mut Table) {
        let measured = async {
            let imported = IMPORTED.min(self.people);
            let name = format!("Import of {} people without passwords", grouped(imported as f64));
            table.add(Row::duration(&name, people::import(server, 0, imported).await?, IMPORT));
            people::group(server).await?;
            crowd::gather(&self.database(), &server.dev.org, self.people - imported).await?;
            let mut slowest: Option<(Duration, String)> = None;
            for (name, query) in people::queries(self.people) {
                let times = people::pages(server, &query, 21).await?;
                let figure = format!("100 of {} people: {name}", grouped(self.people as f64));
                table.add(Row::median(&figure, &times, ONE_PAGE));
                let median = times.quantile(500);
                if slowest.as_ref().is_none_or(|(most, _)| *most < median) {
                    slowest = Some((median, name));
                }
            }
            if let Some((median, name)) = slowest {
                table.add(Row::note("The slowest page", format!("{} ms, {name}", milliseconds(median))));
            }
            Ok(())
        };
        if let Err(error) = measured.await {
            table.add(Row::failed("Import and pages of people", &error));
        }
    }

    async fn memory_with_sessions(&self, table: &mut Table) {
        let measured = async {
            let (running, server) = self.start().await?;
            sessions::create(&server, self.sessions, cores() * 4).await?;
            table.add(Row::count("Sessions, as the server counts them", sessions::count(&server).await?, self.sessions));
            let name = format!("Resident memory after creating {} sessions", grouped(self.sessions as f64));
            table.add(Row::bytes(&name, resident_memory(running.pid())?, 256));
            running.stop().await
        };
        if let Err(error) = measured.await {
            table.add(Row::failed("Resident memory with sessions", &error));
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate per second is positive and small")]
fn half_of(run: &Run) -> u64 {
    ((run.rate / 2.0) as u64).max(1)
}
