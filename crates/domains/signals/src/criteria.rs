//! Which entries are asked for. The published API has two generations of names; both are understood.

use flow::{Field, Incoming, Parameter, Parse, Text};
use identity::paging::contains_pattern;
use kernel::{Fault, Severity, Timestamp};
use ledger::leaf::Outcome;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;
use store::{Arg, Filter};

flow::input! {
    /// The filters as they are sent.
    #[derive(Clone, Debug)]
    struct Sent {
        /// Text in the event's name, or the exact id of an actor or target.
        query "search" => search: Option<Text<1, 200>>,
        /// Only events of this name.
        query "eventType" => event_type: Option<Text<1, 200>>,
        /// The same as `eventType`.
        query "action" => action: Option<Text<1, 200>>,
        /// Only events of this severity.
        query "severity" => severity: Option<SeverityField>,
        /// Only what this actor did.
        query "actorId" => actor: Option<Text<1, 255>>,
        /// The same as `actorId`.
        query "userId" => user: Option<Text<1, 255>>,
        /// Only what is about this.
        query "targetId" => target: Option<Text<1, 255>>,
        /// Only what is about things of this kind.
        query "targetType" => target_type: Option<Text<1, 100>>,
        /// The same as `targetType`.
        query "resourceType" => resource_type: Option<Text<1, 100>>,
        /// Only what ended like this.
        query "result" => result: Option<Ending>,
        /// Only requests from this address.
        query "ipAddress" => ip_address: Option<Ip>,
        /// Only what happened then or later.
        query "from" => from: Option<Timestamp>,
        /// The same as `from`.
        query "startDate" => start: Option<Timestamp>,
        /// Only what happened then or earlier; a date means the whole day.
        query "to" => to: Option<Until>,
        /// The same as `to`.
        query "endDate" => end: Option<Until>,
    }
}

/// Which entries are asked for. Every condition must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Criteria {
    search: Option<String>,
    name: Option<String>,
    severity: Option<&'static str>,
    actor: Option<String>,
    target: Option<String>,
    target_kind: Option<String>,
    ending: Option<Ending>,
    ip: Option<IpAddr>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

impl Parse for Criteria {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let sent = Sent::parse(incoming)?;
        Ok(Self {
            search: sent.search.map(Text::into_string),
            name: either("eventType", sent.event_type.map(Text::into_string), sent.action.map(Text::into_string))?,
            severity: sent.severity.map(|SeverityField(severity)| severity.as_str()),
            actor: either("actorId", sent.actor.map(Text::into_string), sent.user.map(Text::into_string))?,
            target: sent.target.map(Text::into_string),
            target_kind: either(
                "targetType",
                sent.target_type.map(Text::into_string),
                sent.resource_type.map(Text::into_string),
            )?,
            ending: sent.result,
            ip: sent.ip_address.map(|Ip(ip)| ip),
            from: either("from", sent.from, sent.start)?,
            to: either("to", sent.to, sent.end)?.map(|Until(to)| to),
        })
    }
    fn parameters() -> Vec<Parameter> {
        Sent::parameters()
    }
}

/// The value under one of two names.
fn either<T: PartialEq>(name: &str, one: Option<T>, other: Option<T>) -> Result<Option<T>, Fault> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            Err(Fault::fields(vec![(name.to_owned(), "was sent under two names with two values".to_owned())]))
        }
        (one, other) => Ok(one.or(other)),
    }
}

impl Criteria {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Add the conditions to a statement over `log_entries e`.
    pub(crate) fn narrow(&self, filter: &mut Filter) {
        let mut when = |wanted: bool, condition: &'static str| {
            if wanted {
                filter.and(condition);
            }
        };
        when(self.search.is_some(), "(lower(e.name) LIKE :search ESCAPE '!' OR e.actor_id = :sought OR e.target_id = :sought)");
        when(self.name.is_some(), "e.name = :name");
        when(self.severity.is_some(), "e.severity = :severity");
        when(self.actor.is_some(), "e.actor_id = :actor");
        when(self.target.is_some(), "e.target_id = :target");
        when(self.target_kind.is_some(), "e.target_kind = :target_kind");
        when(matches!(self.ending, Some(Ending::One(_))), "e.outcome = :outcome");
        when(self.ending == Some(Ending::NotSuccess), "e.outcome <> :outcome");
        when(
            self.ip.is_some(),
            "EXISTS (SELECT 1 FROM events i WHERE i.seq = e.seq AND i.org_id = e.org_id AND i.personal LIKE :ip ESCAPE '!')",
        );
        when(self.from.is_some(), "e.at >= :from");
        when(self.to.is_some(), "e.at <= :to");
    }

    /// What the conditions bind.
    pub(crate) fn args(&self) -> Vec<(&'static str, Arg<'static>)> {
        let mut args = Vec::new();
        let mut bind = |name: &'static str, value: Option<Arg<'static>>| args.extend(value.map(|value| (name, value)));
        let text = |value: &Option<String>| value.clone().map(Arg::Owned);
        bind(":search", self.search.as_ref().map(|search| contains_pattern(&search.to_lowercase()).into()));
        bind(":sought", text(&self.search));
        bind(":name", text(&self.name));
        bind(":severity", self.severity.map(Arg::Text));
        bind(":actor", text(&self.actor));
        bind(":target", text(&self.target));
        bind(":target_kind", text(&self.target_kind));
        bind(":outcome", self.ending.map(|ending| ending.outcome().as_str().into()));
        bind(":ip", self.ip.map(|ip| ip_pattern(ip).into()));
        bind(":from", self.from.map(Arg::from));
        bind(":to", self.to.map(Arg::from));
        args
    }

    /// In words, for whoever reads an export.
    pub(crate) fn describe(&self) -> String {
        let parts = [
            ("search", self.search.clone()),
            ("eventType", self.name.clone()),
            ("severity", self.severity.map(str::to_owned)),
            ("actorId", self.actor.clone()),
            ("targetId", self.target.clone()),
            ("targetType", self.target_kind.clone()),
            ("result", self.ending.map(|ending| ending.as_str().to_owned())),
            ("ipAddress", self.ip.map(|ip| ip.to_string())),
            ("from", self.from.map(Timestamp::to_iso)),
            ("to", self.to.map(Timestamp::to_iso)),
        ];
        let parts: Vec<String> = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
        if parts.is_empty() { "all entries".to_owned() } else { format!("entries with {}", parts.join(", ")) }
    }
}

/// The address as it stands in `events.personal`, whatever the 44 characters of its salt are.
fn ip_pattern(ip: IpAddr) -> String {
    format!("%\"ip!_address\":{{\"salt\":\"{}\",\"value\":\"{ip}\"}}%", "_".repeat(44))
}

/// How an event ended, as a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    One(Outcome),
    NotSuccess,
}

impl Ending {
    fn outcome(self) -> Outcome {
        match self {
            Self::One(outcome) => outcome,
            Self::NotSuccess => Outcome::Success,
        }
    }
    fn as_str(self) -> &'static str {
        match self {
            Self::One(outcome) => outcome.as_str(),
            Self::NotSuccess => "failure",
        }
    }
}

impl Field for Ending {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["success", "refused", "failed", "failure"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "failure" => Ok(Self::NotSuccess),
            "denied" => Ok(Self::One(Outcome::Refused)),
            "error" => Ok(Self::One(Outcome::Failed)),
            text => Outcome::parse(text).map(Self::One).ok_or_else(|| "must be success, refused, failed or failure".to_owned()),
        }
    }
}

#[derive(Clone, Debug)]
struct SeverityField(Severity);

impl Field for SeverityField {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["info", "warning", "error"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        [Severity::Info, Severity::Warning, Severity::Error]
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .map(Self)
            .ok_or_else(|| "must be info, warning or error".to_owned())
    }
}

#[derive(Clone, Debug)]
struct Ip(IpAddr);

impl Field for Ip {
    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "string", "format": "ipv4" }, { "type": "string", "format": "ipv6" }] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "must be an IP address".to_owned())
    }
}

/// The end of a span of time: a date alone means that whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Until(pub(crate) Timestamp);

impl Field for Until {
    fn schema() -> Value {
        Timestamp::schema()
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let time = Timestamp::from_text(text)?;
        let is_date = !text.contains(['T', 't']);
        Ok(Self(if is_date { time.plus(Duration::from_hours(24)).minus(Duration::from_micros(1)) } else { time }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Criteria, Fault> {
        Criteria::parse(&Incoming { query: query.to_owned(), ..Incoming::default() })
    }

    #[test]
    fn both_generations_of_names_mean_the_same() {
        let newer = "eventType=users.blocked&actorId=u1&targetType=user&from=2026-11-01&to=2026-11-02&result=denied";
        let older = "action=users.blocked&userId=u1&resourceType=user&startDate=2026-11-01&endDate=2026-11-02&result=refused";
        assert_eq!(parse(newer).unwrap(), parse(older).unwrap());
        assert_eq!(
            parse(newer).unwrap().describe(),
            "entries with eventType=users.blocked, actorId=u1, targetType=user, result=refused, from=2026-11-01T00:00:00Z, to=2026-11-02T23:59:59Z"
        );
        assert!(parse("").unwrap().is_empty());
        assert!(parse("from=2026-11-01&startDate=2026-11-02").is_err());
    }

    #[test]
    fn every_bad_filter_is_named() {
        let fault = parse("severity=fatal&result=maybe&ipAddress=here&from=soon").unwrap_err();
        let named: Vec<&str> = fault.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(named, ["severity", "result", "ipAddress", "from"]);
    }

    #[test]
    fn every_condition_finds_its_value() {
        let all = "search=x&eventType=a&severity=info&actorId=b&targetId=c&targetType=d&result=failure&ipAddress=::1&from=2026-11-01&to=2026-11-02";
        let criteria = parse(all).unwrap();
        let mut filter = Filter::from(store::org_sql!("SELECT 1 FROM log_entries e WHERE e.org_id = :org"));
        criteria.narrow(&mut filter);
        let text = filter.finish().text();
        let args = criteria.args();
        assert_eq!(args.len(), 11);
        assert!(args.iter().all(|(name, _)| text.contains(name)), "{text}");
    }
}
