//! What is said around every page of the console, and on many of them.

use super::said;

said! {
    /// Around every page, list and form.
    ConsoleFrameWords;
    console: "Console", "Verwaltung", "Administration", "Administración";
    search: "Search", "Suchen", "Rechercher", "Buscar";
    previous: "Previous", "Zurück", "Précédent", "Anterior";
    next: "Next", "Weiter", "Suivant", "Siguiente";
    pages: "Pages of this list", "Seiten dieser Liste", "Pages de cette liste", "Páginas de esta lista";
    rows: "{} to {} of {}", "{} bis {} von {}", "{} à {} sur {}", "{} a {} de {}";
    none: "none", "nichts", "aucun", "ninguno";
    save: "Save", "Speichern", "Enregistrer", "Guardar";
    stays: "as it is", "wie bisher", "inchangé", "sin cambios";
    yes: "yes", "ja", "oui", "sí";
    no: "no", "nein", "non", "no";
    nothing_saved: "Nothing was saved yet: please look at what is marked.", "Es wurde noch nichts gespeichert: Bitte sehen Sie nach, was markiert ist.", "Rien n’est encore enregistré : vérifiez ce qui est signalé.", "Aún no se guardó nada: revisa lo que está marcado.";
    kept_secret: "What was typed as a secret is not shown again.", "Was als Geheimnis eingegeben wurde, wird nicht noch einmal gezeigt.", "Ce qui a été saisi comme secret n’est pas affiché à nouveau.", "Lo que se escribió como secreto no se muestra de nuevo.";
}

said! {
    /// The sections, as the navigation has them.
    SectionWords;
    overview: "Overview", "Übersicht", "Aperçu", "Resumen";
    figures: "Figures", "Zahlen", "Chiffres", "Cifras";
    users: "Users", "Benutzer", "Utilisateurs", "Usuarios";
    invitations: "Invitations", "Einladungen", "Invitations", "Invitaciones";
    groups: "Groups", "Gruppen", "Groupes", "Grupos";
    roles: "Roles", "Rollen", "Rôles", "Roles";
    companies: "Customers", "Kunden", "Clients", "Clientes";
    sessions: "Sessions", "Sitzungen", "Sessions", "Sesiones";
    applications: "Applications", "Anwendungen", "Applications", "Aplicaciones";
    permits: "Registration", "Registrierung", "Enregistrement", "Registro";
    api_keys: "API keys", "API-Schlüssel", "Clés d’API", "Claves de API";
    keys: "Signing keys", "Signaturschlüssel", "Clés de signature", "Claves de firma";
    templates: "Mails", "Mails", "E-mails", "Correos";
    settings: "Settings", "Einstellungen", "Paramètres", "Ajustes";
    audit_log: "Audit log", "Protokoll", "Journal", "Registro de auditoría";
}

said! {
    /// What was just done.
    NewsWords;
    created: "Created.", "Angelegt.", "Créé.", "Creado.";
    saved: "Saved.", "Gespeichert.", "Enregistré.", "Guardado.";
    deleted: "Deleted.", "Gelöscht.", "Supprimé.", "Eliminado.";
    sent: "The mail is on its way.", "Die Mail ist unterwegs.", "L’e-mail est en route.", "El correo está en camino.";
    ended: "Ended.", "Beendet.", "Terminé.", "Terminado.";
}

said! {
    /// What many things have.
    ThingWords;
    glance: "At a glance", "Auf einen Blick", "En un coup d’œil", "De un vistazo";
    access: "Access", "Zugang", "Accès", "Acceso";
    removal: "Removal", "Entfernen", "Suppression", "Eliminación";
    id: "Id", "Kennung", "Identifiant", "Identificador";
    name: "Name", "Name", "Nom", "Nombre";
    slug: "Slug", "Kurzname", "Nom court", "Nombre corto";
    email: "E-mail", "E-Mail", "E-mail", "Correo";
    description: "Description", "Beschreibung", "Description", "Descripción";
    roles: "Roles", "Rollen", "Rôles", "Roles";
    groups: "Groups", "Gruppen", "Groupes", "Grupos";
    members: "Members", "Mitglieder", "Membres", "Miembros";
    permissions: "Permissions", "Berechtigungen", "Autorisations", "Permisos";
    state: "State", "Zustand", "État", "Estado";
    made: "Made", "Angelegt", "Créé", "Creado";
    who: "Who", "Wer", "Qui", "Quién";
    remove: "Remove", "Entfernen", "Retirer", "Quitar";
    active: "active", "aktiv", "actif", "activo";
    inactive: "inactive", "inaktiv", "inactif", "inactivo";
    blocked: "blocked", "gesperrt", "bloqué", "bloqueado";
    on: "on", "an", "activé", "activado";
    off: "off", "aus", "désactivé", "desactivado";
    anything: "any", "beliebig", "tous", "cualquiera";
    name_or_slug: "Name or slug", "Name oder Kurzname", "Nom ou nom court", "Nombre o nombre corto";
    lines: "Lists are written one entry to a line.", "Listen haben einen Eintrag je Zeile.", "Les listes ont une entrée par ligne.", "Las listas tienen una entrada por línea.";
    shown_once: "Keep the secret now: it is shown this once.", "Bewahren Sie das Geheimnis jetzt auf: Es wird nur dieses Mal gezeigt.", "Conservez le secret maintenant : il n’est affiché qu’une fois.", "Guarda el secreto ahora: solo se muestra esta vez.";
}
