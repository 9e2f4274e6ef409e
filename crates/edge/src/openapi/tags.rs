//! What the groups of operations are about.

/// Tag and meaning, in the order in which a reader meets them.
pub(super) const TAGS: &[(&str, &str)] = &[
    ("WellKnown", "What clients find out before they know anything: endpoints, capabilities, keys."),
    ("OAuth", "Getting tokens, and everything around them (OAuth 2.1)."),
    ("OIDC", "Who signed in, and signing out (OpenID Connect)."),
    ("Identity", "The caller, as this server knows them."),
    ("Authorization", "May they? Questions an application asks about people and agents."),
    ("Mfa", "A person's own second factors."),
    ("AdminUsers", "People: their accounts, what they hold, how they get in."),
    ("Invitations", "People who are asked to join, and haven't answered yet."),
    ("AdminGroups", "Groups of people, and the roles that come with membership."),
    ("AdminRoles", "Roles: named sets of permissions."),
    ("AdminPermissions", "Permissions and scopes: what can be granted."),
    ("AdminOAuthClients", "Applications and programs that get tokens here."),
    ("AdminSessions", "Who is signed in, and the tokens they gave to applications."),
    ("AdminOrganizations", "Organizations of customers, their members and invitations."),
    ("AdminIdentityProviders", "Accounts elsewhere that people may sign in with."),
    ("AdminMfa", "Which second factors are asked for, and who has them."),
    ("AdminSettings", "How this organization works."),
    ("AdminEmail", "What mails say."),
    ("AdminAuditLogs", "What happened, with proofs."),
    ("AdminWebhooks", "Telling other systems what happened."),
    ("AdminAbac", "Policies over attributes."),
    ("AdminAgents", "Agents: software that acts by itself, and its keys."),
    ("AdminMcp", "MCP servers that agents may use."),
    ("AdminSandbox", "Agents to try things with."),
    ("Agents", "For agents: who they are, what they may do."),
    ("AAuth", "Agents that prove themselves with signed requests."),
    ("Jit", "Permissions for a short time, on request."),
    ("Mcp", "Protected MCP servers."),
    ("TokenVault", "Tokens of other services, kept for agents."),
    ("Ssf", "Signals shared with other services."),
    ("UserImports", "Bringing people along, with their passwords."),
    ("Dev", "What only a development server has."),
    ("Keys", "The keys that sign what this organization issues."),
    ("InitialAccessTokens", "Permits for applications to register themselves."),
    ("LogoutTokens", "What became of sign-outs that applications had to be told of."),
];

/// What a tag is about, if anybody wrote it down.
pub(super) fn meaning(tag: &str) -> Option<&'static str> {
    TAGS.iter().find(|(known, _)| *known == tag).map(|(_, meaning)| *meaning)
}

/// Where a tag stands among all.
pub(super) fn place(tag: &str) -> usize {
    TAGS.iter().position(|(known, _)| *known == tag).unwrap_or(TAGS.len())
}
