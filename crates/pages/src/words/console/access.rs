//! Groups, roles, sessions.

use super::said;

said! {
    /// Groups.
    GroupWords;
    lead: "People who are given the same roles together.", "Personen, die gemeinsam Rollen bekommen.", "Personnes qui reçoivent des rôles ensemble.", "Personas que reciben roles en conjunto.";
    all: "All groups", "Alle Gruppen", "Tous les groupes", "Todos los grupos";
    none: "No group fits.", "Keine Gruppe passt.", "Aucun groupe ne correspond.", "Ningún grupo coincide.";
    new: "New group", "Neue Gruppe", "Nouveau groupe", "Nuevo grupo";
    new_title: "Who belongs together?", "Wer gehört zusammen?", "Qui va ensemble ?", "¿Quiénes van juntos?";
    new_button: "Create group", "Gruppe anlegen", "Créer le groupe", "Crear grupo";
    hint: "Roles are written one to a line, by slug: everybody in the group has them.", "Rollen haben je eine Zeile, mit Kurznamen: Alle in der Gruppe haben sie.", "Les rôles s’écrivent un par ligne, par nom court : tous les membres du groupe les ont.", "Los roles se escriben uno por línea, por nombre corto: todo el grupo los tiene.";
    changed: "What it is, and what it gives", "Was sie ist, und was sie gibt", "Ce qu’il est, et ce qu’il donne", "Qué es y qué concede";
    add: "Who else belongs to it?", "Wer gehört noch dazu?", "Qui d’autre en fait partie ?", "¿Quién más pertenece?";
    add_hint: "Addresses or ids, one to a line.", "Adressen oder Kennungen, eine je Zeile.", "Adresses ou identifiants, un par ligne.", "Direcciones o identificadores, uno por línea.";
    add_button: "Add to the group", "Zur Gruppe hinzufügen", "Ajouter au groupe", "Añadir al grupo";
    people: "People", "Personen", "Personnes", "Personas";
    nobody: "Nobody belongs to it yet.", "Noch gehört niemand dazu.", "Personne n’en fait encore partie.", "Aún no pertenece nadie.";
    belongs: "Belongs", "Zugehörigkeit", "Appartenance", "Pertenencia";
    fixed: "This group belongs to the server and can’t be changed.", "Diese Gruppe gehört dem Server und kann nicht geändert werden.", "Ce groupe appartient au serveur et ne peut pas être modifié.", "Este grupo pertenece al servidor y no se puede cambiar.";
    delete: "Delete this group", "Diese Gruppe löschen", "Supprimer ce groupe", "Eliminar este grupo";
}

said! {
    /// Roles.
    RoleWords;
    lead: "Named sets of permissions, given to users and groups.", "Benannte Sammlungen von Berechtigungen für Benutzer und Gruppen.", "Ensembles nommés d’autorisations, donnés aux utilisateurs et aux groupes.", "Conjuntos de permisos con nombre, para usuarios y grupos.";
    all: "All roles", "Alle Rollen", "Tous les rôles", "Todos los roles";
    none: "No role fits.", "Keine Rolle passt.", "Aucun rôle ne correspond.", "Ningún rol coincide.";
    new: "New role", "Neue Rolle", "Nouveau rôle", "Nuevo rol";
    new_title: "What is it for?", "Wofür ist sie da?", "À quoi sert-il ?", "¿Para qué es?";
    new_button: "Create role", "Rolle anlegen", "Créer le rôle", "Crear rol";
    hint: "Permissions are written one to a line, by slug: users.read", "Berechtigungen haben je eine Zeile, mit Kurznamen: users.read", "Les autorisations s’écrivent une par ligne, par nom court : users.read", "Los permisos se escriben uno por línea, por nombre corto: users.read";
    changed: "What it is, and what it grants", "Was sie ist, und was sie erlaubt", "Ce qu’il est, et ce qu’il autorise", "Qué es y qué permite";
    whose: "Whose", "Wem sie gehört", "À qui", "De quién";
    servers: "the server’s", "dem Server", "au serveur", "del servidor";
    own: "the organization’s", "der Organisation", "à l’organisation", "de la organización";
    fixed: "This role belongs to the server and can’t be changed.", "Diese Rolle gehört dem Server und kann nicht geändert werden.", "Ce rôle appartient au serveur et ne peut pas être modifié.", "Este rol pertenece al servidor y no se puede cambiar.";
    delete: "Delete this role", "Diese Rolle löschen", "Supprimer ce rôle", "Eliminar este rol";
}

said! {
    /// Sessions.
    SessionWords;
    lead: "Ending a session also ends what applications were granted only while it lasted.", "Mit einer Sitzung endet auch, was Anwendungen nur für ihre Dauer bekamen.", "Mettre fin à une session met fin aussi à ce que les applications n’avaient que pour sa durée.", "Al terminar una sesión termina también lo que las aplicaciones tenían solo mientras durara.";
    now: "Signed in now", "Jetzt angemeldet", "Connectés en ce moment", "Con sesión iniciada";
    none: "Nobody is signed in.", "Niemand ist angemeldet.", "Personne n’est connecté.", "Nadie ha iniciado sesión.";
    search: "Whose: e-mail address or id", "Wessen: E-Mail-Adresse oder Kennung", "De qui : adresse e-mail ou identifiant", "De quién: correo o identificador";
    from: "From", "Von", "Depuis", "Desde";
    with: "With", "Mit", "Avec", "Con";
    since: "Since", "Seit", "Début", "Inicio";
    last_seen: "Last seen", "Zuletzt gesehen", "Vue en dernier", "Visto por última vez";
    end: "End", "Beenden", "Terminer", "Terminar";
    everybody: "Everybody", "Alle", "Tout le monde", "Todo el mundo";
    confirm: "Sign everybody out", "Alle abmelden", "Déconnecter tout le monde", "Cerrar la sesión de todos";
    everybody_hint: "Ends every session, yours included: everybody signs in again.", "Beendet jede Sitzung, auch Ihre: Alle melden sich neu an.", "Met fin à toutes les sessions, la vôtre comprise : chacun se reconnecte.", "Termina todas las sesiones, también la tuya: todos inician sesión de nuevo.";
    end_all: "End all sessions", "Alle Sitzungen beenden", "Terminer toutes les sessions", "Terminar todas las sesiones";
}
