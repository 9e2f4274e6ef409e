//! API keys, and what they open.

use super::said;

said! {
    /// API keys.
    ApiKeyWords;
    lead: "Programs call the API with these. A key acts for whoever made it, and never does more than they may.", "Damit rufen Programme die API auf. Ein Schlüssel handelt für die Person, die ihn angelegt hat, und darf nie mehr als sie.", "Les programmes appellent l’API avec elles. Une clé agit pour la personne qui l’a créée, et ne peut jamais plus qu’elle.", "Los programas llaman a la API con ellas. Una clave actúa por quien la creó y nunca puede más que esa persona.";
    all: "All API keys", "Alle API-Schlüssel", "Toutes les clés d’API", "Todas las claves de API";
    none: "No API key fits.", "Kein API-Schlüssel passt.", "Aucune clé d’API ne correspond.", "Ninguna clave de API coincide.";
    search: "Name or person", "Name oder Person", "Nom ou personne", "Nombre o persona";
    new: "New API key", "Neuer API-Schlüssel", "Nouvelle clé d’API", "Nueva clave de API";
    new_title: "What is it for?", "Wofür ist er da?", "À quoi sert-elle ?", "¿Para qué es?";
    new_hint: "It acts for you. Choose no more than the program needs; without a number of days it works until it is revoked.", "Er handelt für Sie. Wählen Sie nicht mehr, als das Programm braucht; ohne Zahl von Tagen gilt er, bis er widerrufen wird.", "Elle agit pour vous. Ne choisissez pas plus que ce dont le programme a besoin ; sans nombre de jours, elle vaut jusqu’à sa révocation.", "Actúa por ti. No elijas más de lo que el programa necesita; sin número de días vale hasta que se revoque.";
    new_button: "Make the key", "Schlüssel anlegen", "Créer la clé", "Crear la clave";
    days: "For how many days", "Für wie viele Tage", "Pour combien de jours", "Durante cuántos días";
    allows: "What it may do", "Was er darf", "Ce qu’elle peut faire", "Qué puede hacer";
    acts_for: "Acts for", "Handelt für", "Agit pour", "Actúa por";
    until: "Expires", "Läuft ab", "Expire", "Caduca";
    never: "never", "nie", "jamais", "nunca";
    expired: "expired", "abgelaufen", "expirée", "caducada";
    begins: "Begins with", "Beginnt mit", "Commence par", "Empieza por";
    made: "An API key was made", "Ein API-Schlüssel wurde angelegt", "Une clé d’API a été créée", "Se creó una clave de API";
    sent: "What the program sends as X-API-Key", "Was das Programm als X-API-Key sendet", "Ce que le programme envoie comme X-API-Key", "Lo que el programa envía como X-API-Key";
    revoke: "Revoke this key", "Diesen Schlüssel widerrufen", "Révoquer cette clé", "Revocar esta clave";
    revoke_title: "Revoke “{}”?", "„{}“ widerrufen?", "Révoquer « {} » ?", "¿Revocar «{}»?";
    revoke_hint: "Programs that use it, or a key made with it, are refused at once. It can’t be brought back.", "Programme, die ihn oder einen mit ihm erstellten Schlüssel benutzen, werden sofort abgewiesen. Er kommt nicht zurück.", "Les programmes qui l’utilisent, ou qui utilisent une clé créée avec elle, sont refusés aussitôt. Elle ne peut pas être rétablie.", "Los programas que la usan, o que usan una clave creada con ella, se rechazan al momento. No se puede recuperar.";
}

said! {
    /// What the scopes of API keys open.
    KeyScopeWords;
    everything: "Everything in the administration", "Alles in der Verwaltung", "Tout dans l’administration", "Todo en la administración";
    every_look: "See everything, change nothing", "Alles ansehen, nichts ändern", "Tout voir, ne rien changer", "Ver todo, no cambiar nada";
    users: "Users and invitations", "Benutzer und Einladungen", "Utilisateurs et invitations", "Usuarios e invitaciones";
    password_hashes: "Password hashes in exports of users", "Passwort-Hashes in Exporten von Benutzern", "Empreintes des mots de passe dans les exports d’utilisateurs", "Hashes de contraseñas en las exportaciones de usuarios";
    roles: "Roles and permissions", "Rollen und Berechtigungen", "Rôles et autorisations", "Roles y permisos";
    groups: "Groups", "Gruppen", "Groupes", "Grupos";
    companies: "Customers", "Kunden", "Clients", "Clientes";
    clients: "Applications", "Anwendungen", "Applications", "Aplicaciones";
    register: "Register applications, and nothing else", "Anwendungen registrieren, sonst nichts", "Enregistrer des applications, et rien d’autre", "Registrar aplicaciones, y nada más";
    sessions: "Sessions and tokens", "Sitzungen und Tokens", "Sessions et jetons", "Sesiones y tokens";
    api_keys: "API keys", "API-Schlüssel", "Clés d’API", "Claves de API";
    keys: "Signing keys", "Signaturschlüssel", "Clés de signature", "Claves de firma";
    audit: "The audit log", "Das Protokoll", "Le journal d’audit", "El registro de auditoría";
    analytics: "Figures", "Zahlen", "Chiffres", "Cifras";
    settings: "Settings", "Einstellungen", "Paramètres", "Ajustes";
    mail: "How mail leaves, and what it says", "Wie Mails verschickt werden und was darin steht", "Comment partent les e-mails, et ce qu’ils disent", "Cómo salen los correos y qué dicen";
    check: "Check what others may do", "Prüfen, was andere dürfen", "Vérifier ce que d’autres peuvent faire", "Comprobar qué pueden hacer otros";
}
