//! Whether an answer has the published shape.
//!
//! A shape is written as one line: `id:int email:text name:text? roles:[named]~`. A `?` lets a member be null, a `~` lets it be
//! absent. Types are `text`, `int`, `bool`, `time` (ISO 8601), `any`, `object`, `[type]`, `map:type`, or another shape's name.

use serde_json::Value;

/// The shapes of the published API that are asked for here.
const SHAPES: &[(&str, &str)] = &[
    ("page", "total:int page:int limit:int totalPages:int hasNextPage:bool hasPreviousPage:bool"),
    ("named", "id:text name:text slug:text"),
    ("user", USER),
    ("user_detail", USER_DETAIL),
    ("users", "data:[user] meta:page pagination:page"),
    ("one_user", "data:user_detail"),
    ("changed_user", "data:user_detail message:text"),
    ("message", "message:text"),
    ("row", "id:text name:text slug:text description:text?"),
    ("rows", "data:[row] pagination:page"),
    ("permission", "id:int name:text slug:text description:text?"),
    ("permissions", "data:[permission] pagination:page"),
    ("role", "id:text name:text slug:text description:text? isSystem:bool userCount:int createdAt:time"),
    ("role_detail", ROLE_DETAIL),
    ("granted", "id:int name:text slug:text resource:text? action:text?"),
    ("roles", "data:[role] meta:page pagination:page resourceType:text"),
    ("one_role", "data:role_detail"),
    ("changed_role", "data:role_detail message:text"),
    ("role_user", "id:text email:text name:text?"),
    ("role_users", "data:[role_user] meta:page pagination:page resourceType:text"),
    ("known_permission", KNOWN_PERMISSION),
    ("known_permission_detail", KNOWN_PERMISSION_DETAIL),
    ("known_permissions", "data:[known_permission] meta:page pagination:page resourceType:text"),
    ("one_permission", "data:known_permission_detail"),
    ("changed_permission", "data:known_permission_detail message:text"),
    ("usage", "data:usage_data"),
    ("usage_data", "roles:[named] roleCount:int"),
    ("scope", "id:int~ name:text description:text? isDefault:bool isSystem:bool createdAt:time~"),
    ("scope_list", "data:[scope] meta:total pagination:page"),
    ("total", "total:int"),
    ("changed_scope", "data:scope message:text"),
    ("group", GROUP),
    ("group_detail", GROUP_DETAIL),
    ("groups", "data:[group] meta:page pagination:page"),
    ("one_group", "data:group_detail"),
    ("changed_group", "data:group_detail message:text"),
    ("member", "id:text email:text name:text? username:text?"),
    ("members", "data:[member] meta:page pagination:page resourceType:text"),
    ("client", CLIENT),
    ("client_detail", CLIENT_DETAIL),
    ("clients", "data:[client] meta:page pagination:page resourceType:text"),
    ("one_client", "data:client_detail"),
    ("changed_client", "data:client_detail message:text"),
    ("scopes", "data:[text] pagination:page"),
    ("changed_scopes", "data:[text] message:text"),
    ("secret", "clientId:text secret:text _note:text"),
    ("changed_secret", "data:secret message:text"),
    ("me", "subject_type:text id:text email:text? name:text? mfa_enabled:bool? roles:[text]? capabilities:[text]? tenant:named"),
    ("identities", "data:identities_data"),
    ("identities_data", "auth_source:text? ldap_only:bool bindings:[object]"),
    ("check", "allowed:bool permission:text subject_type:text subject_id:text user_id:text"),
    ("check_many", "allowed:bool permissions:[text] subject_type:text subject_id:text user_id:text"),
    ("own_permissions", "permissions:[object] data:[object] count:int user_id:text pagination:page"),
    ("log_entry", LOG_ENTRY),
    ("log_entry_detail", LOG_ENTRY_DETAIL),
    ("log", "data:[log_entry] meta:page pagination:page resourceType:text"),
    ("one_log_entry", "data:log_entry_detail"),
    ("log_names", "data:[text] pagination:page"),
    ("log_stats", "data:log_stats_data"),
    ("log_stats_data", "total:int period:period byEventType:map:int byAction:map:int bySeverity:map:int"),
    ("period", "from:time to:time"),
    ("log_export", "data:[log_entry] meta:log_export_meta"),
    ("log_export_meta", "total:int exportedAt:time"),
    ("retention", "data:retention_data"),
    ("retention_data", "retentionDays:int autoDelete:bool planLimitDays:int?"),
    ("session", SESSION),
    ("sessions", "data:[session] meta:page pagination:page resourceType:text"),
    ("user_sessions", "data:[session] meta:total pagination:page"),
    ("total", "total:int"),
    ("session_count", "data:count"),
    ("count", "count:int"),
    ("session_stats", "data:session_figures"),
    ("session_figures", "total:int active:int inactive:int"),
    ("issued", ISSUED),
    ("issued_list", "data:[issued] meta:page pagination:page resourceType:text"),
    ("logout_delivery", LOGOUT_DELIVERY),
    ("logout_deliveries", "data:[logout_delivery] meta:page pagination:page resourceType:text"),
    ("introspection", INTROSPECTION),
    ("tokens", "access_token:text token_type:text expires_in:int scope:text refresh_token:text~ id_token:text~"),
    ("api_fault", "error:text message:text status:int details:object~"),
    ("oauth_fault", "error:text error_description:text"),
];

const SESSION: &str = "id:int userId:text userEmail:text ipAddress:text? userAgent:text? createdAt:time lastActivityAt:time? \
    expiresAt:time isActive:bool";
const ISSUED: &str = "id:int clientId:text? userId:text? scopes:[text] revoked:bool expiresAt:time createdAt:time isExpired:bool";
const LOGOUT_DELIVERY: &str = "id:text clientId:text userId:text sid:text status:text attempts:int lastError:text? \
    lastAttemptAt:time? createdAt:time";
const USER: &str = "id:text email:text username:text? name:text? givenName:text? familyName:text? picture:text? \
    emailVerified:bool phoneNumber:text? phoneNumberVerified:bool isActive:bool blocked:bool mfaEnabled:bool isAdmin:bool \
    createdAt:time lastLoginAt:time? loginCount:int";
const USER_DETAIL: &str = "id:text email:text username:text? name:text? givenName:text? familyName:text? picture:text? \
    emailVerified:bool phoneNumber:text? phoneNumberVerified:bool isActive:bool blocked:bool mfaEnabled:bool isAdmin:bool \
    createdAt:time lastLoginAt:time? loginCount:int roles:[named] groups:[named] middleName:text? nickname:text? \
    profile:text? website:text? gender:text? birthdate:text? address:object? locale:text? zoneinfo:text? updatedAt:time? \
    blockedAt:time? isJitProvisioned:bool jitProvisionedBy:text? socialProvider:text?";
const ROLE_DETAIL: &str = "id:text name:text slug:text description:text? isSystem:bool userCount:int createdAt:time \
    permissions:[granted] updatedAt:time?";
const KNOWN_PERMISSION: &str = "id:int name:text slug:text description:text? resource:text? action:text? isSystem:bool \
    isCustom:bool createdAt:time";
const KNOWN_PERMISSION_DETAIL: &str = "id:int name:text slug:text description:text? resource:text? action:text? isSystem:bool \
    isCustom:bool createdAt:time roleCount:int";
const GROUP: &str = "id:text name:text slug:text description:text? isSystem:bool memberCount:int roleCount:int createdAt:time";
const GROUP_DETAIL: &str = "id:text name:text slug:text description:text? isSystem:bool memberCount:int roleCount:int \
    createdAt:time roles:[named] members:[role_user] updatedAt:time?";
const CLIENT: &str =
    "id:int clientId:text name:text isConfidential:bool isPublic:bool isActive:bool requiresPkce:bool createdAt:time";
const CLIENT_DETAIL: &str = "id:int clientId:text name:text isConfidential:bool isPublic:bool isActive:bool requiresPkce:bool \
    createdAt:time redirectUris:[text] scopes:[text] grantTypes:[text]";
const LOG_ENTRY: &str = "id:int createdAt:time eventType:text action:text severity:text message:text actorId:text? \
    actorName:text? actorType:text? authMethod:text? targetType:text? targetId:text? targetName:text? ipAddress:text?";
const LOG_ENTRY_DETAIL: &str = "id:int createdAt:time eventType:text action:text severity:text message:text actorId:text? \
    actorName:text? actorType:text? authMethod:text? targetType:text? targetId:text? targetName:text? ipAddress:text? \
    eventTime:time? durationMs:int? initiatedBy:text? clientId:text? userAgent:text? geoLocation:object? sessionId:text? \
    requestId:text? status:text? statusReason:text? oldValue:object? newValue:object? changes:object? context:object?";
const INTROSPECTION: &str = "active:bool token_type:text scope:text~ client_id:text sub:text username:text~ exp:int iat:int \
    nbf:int~ iss:text jti:text~";

/// Insist on a shape.
pub fn expect_shape(value: &Value, shape: &str) {
    let problems = problems(value, shape, shape);
    assert!(problems.is_empty(), "{}\nin {value:#}", problems.join("\n"));
}

/// The names of a shape's members.
pub fn members(shape: &str) -> Vec<&'static str> {
    lines(shape).map(|(name, ..)| name).collect()
}

fn lines(shape: &str) -> impl Iterator<Item = (&'static str, &'static str, bool, bool)> {
    let (_, text) = SHAPES.iter().find(|(name, _)| *name == shape).unwrap_or_else(|| panic!("no shape {shape}"));
    text.split_whitespace().map(|member| {
        let (name, kind) = member.split_once(':').unwrap();
        let (kind, may_lack) = kind.strip_suffix('~').map_or((kind, false), |kind| (kind, true));
        let (kind, may_be_null) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
        (name, kind, may_be_null, may_lack)
    })
}

fn problems(value: &Value, kind: &str, place: &str) -> Vec<String> {
    let complain = |fits: bool| if fits { Vec::new() } else { vec![format!("{place} must be {kind}, but is {value}")] };
    match kind {
        "any" => Vec::new(),
        "text" => complain(value.is_string()),
        "int" => complain(value.is_i64() || value.is_u64()),
        "bool" => complain(value.is_boolean()),
        "object" => complain(value.is_object()),
        "time" => complain(value.as_str().is_some_and(is_time)),
        _ => match (kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')), kind.strip_prefix("map:")) {
            (Some(of), _) => each(value.as_array().map(|items| items.iter()), of, place),
            (_, Some(of)) => each(value.as_object().map(|members| members.values()), of, place),
            _ => shaped(value, kind, place),
        },
    }
}

fn each<'a>(values: Option<impl Iterator<Item = &'a Value>>, kind: &str, place: &str) -> Vec<String> {
    let Some(values) = values else { return vec![format!("{place} must hold several {kind}")] };
    values.enumerate().flat_map(|(index, value)| problems(value, kind, &format!("{place}[{index}]"))).collect()
}

fn shaped(value: &Value, shape: &str, place: &str) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![format!("{place} must be an object, but is {value}")] };
    let mut found = Vec::new();
    for (name, kind, may_be_null, may_lack) in lines(shape) {
        let place = format!("{place}.{name}");
        match object.get(name) {
            None if may_lack => {}
            None => found.push(format!("{place} is missing")),
            Some(Value::Null) if may_be_null => {}
            Some(value) => found.extend(problems(value, kind, &place)),
        }
    }
    found
}

/// `2026-11-23T08:30:00.5Z`
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_shaped = |pattern: &str| {
        bytes.len() > pattern.len()
            && pattern
                .bytes()
                .zip(bytes)
                .all(|(wanted, found)| if wanted == b'0' { found.is_ascii_digit() } else { wanted == *found })
    };
    is_shaped("0000-00-00T00:00:00") && (text.ends_with('Z') || text.ends_with("+00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_of_another_type_is_named() {
        let good = json!({ "total": 1, "page": 1, "limit": 25, "totalPages": 1, "hasNextPage": false, "hasPreviousPage": false });
        assert_eq!(problems(&good, "page", "page"), Vec::<String>::new());
        let mut bad = good;
        bad["total"] = json!("1");
        bad.as_object_mut().unwrap().remove("limit");
        assert_eq!(problems(&bad, "page", "page"), ["page.total must be int, but is \"1\"", "page.limit is missing"]);
    }

    #[test]
    fn lists_maps_and_times_are_looked_into() {
        assert_eq!(problems(&json!({ "data": ["a", 1] }), "changed_scopes", "x").len(), 2);
        assert!(problems(&json!({ "a": 1 }), "map:int", "x").is_empty());
        assert_eq!(problems(&json!({ "a": "1" }), "map:int", "x").len(), 1);
        for (text, fits) in
            [("2026-11-23T08:30:00Z", true), ("2026-11-23T08:30:00.25+00:00", true), ("2026-11-23", false), ("now", false)]
        {
            assert_eq!(is_time(text), fits, "{text}");
        }
    }
}
