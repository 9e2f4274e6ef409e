//! People: users, those who are invited, customers.

use super::said;

said! {
    /// Users.
    UserWords;
    lead: "People who can sign in to {}.", "Personen, die sich bei {} anmelden können.", "Personnes qui peuvent se connecter à {}.", "Personas que pueden iniciar sesión en {}.";
    all: "All users", "Alle Benutzer", "Tous les utilisateurs", "Todos los usuarios";
    none: "Nobody fits.", "Niemand passt.", "Personne ne correspond.", "Nadie coincide.";
    search: "Name, address, username or id", "Name, Adresse, Benutzername oder Kennung", "Nom, adresse, nom d’utilisateur ou identifiant", "Nombre, dirección, nombre de usuario o identificador";
    new: "New user", "Neuer Benutzer", "Nouvel utilisateur", "Nuevo usuario";
    new_title: "Who is it?", "Wer ist es?", "Qui est-ce ?", "¿Quién es?";
    new_hint: "Without a password they choose one by mail: the next page sends them the link.", "Ohne Passwort wählen sie eines per Mail: Die nächste Seite schickt ihnen den Link.", "Sans mot de passe, la personne en choisit un par e-mail : la page suivante lui envoie le lien.", "Sin contraseña, la persona elige una por correo: la página siguiente le envía el enlace.";
    new_button: "Create user", "Benutzer anlegen", "Créer l’utilisateur", "Crear usuario";
    last_sign_in: "Last sign-in", "Letzte Anmeldung", "Dernière connexion", "Último inicio de sesión";
    username: "Username", "Benutzername", "Nom d’utilisateur", "Nombre de usuario";
    password: "Password", "Passwort", "Mot de passe", "Contraseña";
    given_name: "Given name", "Vorname", "Prénom", "Nombre de pila";
    family_name: "Family name", "Nachname", "Nom de famille", "Apellidos";
    telephone: "Telephone", "Telefon", "Téléphone", "Teléfono";
    language: "Language", "Sprache", "Langue", "Idioma";
    time_zone: "Time zone", "Zeitzone", "Fuseau horaire", "Zona horaria";
    may_be_used: "May be used", "Darf benutzt werden", "Peut être utilisé", "Puede usarse";
    profile: "Profile", "Profil", "Profil", "Perfil";
    address: "Address", "Adresse", "Adresse", "Dirección";
    confirmed: "confirmed", "bestätigt", "confirmée", "confirmada";
    unconfirmed: "not confirmed", "nicht bestätigt", "non confirmée", "sin confirmar";
    signed_in: "Signed in", "Angemeldet", "Connecté", "Sesión iniciada";
    sessions: "Their sessions", "Ihre Sitzungen", "Ses sessions", "Sus sesiones";
    in_log: "In the log", "Im Protokoll", "Dans le journal", "En el registro";
    log: "What they did, and what was done to them", "Was sie taten, und was mit ihnen geschah", "Ce qu’elle a fait, et ce qui lui est arrivé", "Lo que hizo y lo que le ocurrió";
    send_reset: "Send a link to choose a password", "Link zum Wählen eines Passworts schicken", "Envoyer un lien pour choisir un mot de passe", "Enviar un enlace para elegir contraseña";
    verify: "Mark the address as confirmed", "Adresse als bestätigt vermerken", "Marquer l’adresse comme confirmée", "Marcar la dirección como confirmada";
    block: "Block and sign out everywhere", "Sperren und überall abmelden", "Bloquer et déconnecter partout", "Bloquear y cerrar todas sus sesiones";
    unblock: "Unblock", "Entsperren", "Débloquer", "Desbloquear";
    delete: "Delete this user", "Diesen Benutzer löschen", "Supprimer cet utilisateur", "Eliminar este usuario";
}

said! {
    /// Invitations into the organization.
    UserInvitationWords;
    lead: "People who were asked to join. Each gets a mail with a link that works once.", "Personen, die eingeladen wurden. Jede bekommt eine Mail mit einem Link, der einmal gilt.", "Personnes invitées. Chacune reçoit un e-mail avec un lien qui fonctionne une fois.", "Personas invitadas. Cada una recibe un correo con un enlace que funciona una vez.";
    all: "All invitations", "Alle Einladungen", "Toutes les invitations", "Todas las invitaciones";
    none: "No invitation fits.", "Keine Einladung passt.", "Aucune invitation ne correspond.", "Ninguna invitación coincide.";
    search: "Part of the address", "Teil der Adresse", "Partie de l’adresse", "Parte de la dirección";
    invite: "Invite", "Einladen", "Inviter", "Invitar";
    sent: "Sent", "Geschickt", "Envoyée", "Enviada";
    until: "Until", "Gilt bis", "Jusqu’au", "Hasta";
    again: "Send again", "Erneut schicken", "Renvoyer", "Enviar de nuevo";
    back: "Take back", "Zurückziehen", "Retirer", "Retirar";
    waiting: "waiting", "wartet", "en attente", "en espera";
    accepted: "accepted", "angenommen", "acceptée", "aceptada";
    expired: "run out", "abgelaufen", "expirée", "caducada";
    revoked: "taken back or declined", "zurückgezogen oder abgelehnt", "retirée ou refusée", "retirada o rechazada";
    one: "Somebody", "Eine Person", "Une personne", "Una persona";
    hint: "They choose a password themselves. Roles are written one to a line, by slug, as far as you hold what they give.", "Ein Passwort wählen sie selbst. Rollen haben je eine Zeile, mit Kurznamen, soweit Sie selbst haben, was sie geben.", "La personne choisit elle-même un mot de passe. Les rôles s’écrivent un par ligne, par nom court, dans la mesure où vous avez vous-même ce qu’ils donnent.", "La persona elige su contraseña. Los roles se escriben uno por línea, por nombre corto, siempre que tengas lo que conceden.";
    days: "Days to answer", "Tage zum Antworten", "Jours pour répondre", "Días para responder";
    several: "Several people at once", "Mehrere auf einmal", "Plusieurs personnes à la fois", "Varias personas a la vez";
    several_hint: "Up to a hundred addresses, one to a line. All get the same roles.", "Bis zu hundert Adressen, eine je Zeile. Alle bekommen dieselben Rollen.", "Jusqu’à cent adresses, une par ligne. Toutes reçoivent les mêmes rôles.", "Hasta cien direcciones, una por línea. Todas reciben los mismos roles.";
    addresses: "E-mail addresses", "E-Mail-Adressen", "Adresses e-mail", "Direcciones de correo";
    invite_all: "Invite all", "Alle einladen", "Tout inviter", "Invitar a todas";
    skipped: "Not invited", "Nicht eingeladen", "Non invitées", "No invitadas";
    why: "Why", "Warum", "Pourquoi", "Por qué";
    taken: "There is an account with it already.", "Damit gibt es schon ein Konto.", "Un compte existe déjà avec elle.", "Ya existe una cuenta con ella.";
    pending: "It was invited already and hasn’t answered.", "Sie wurde schon eingeladen und hat noch nicht geantwortet.", "Elle est déjà invitée et n’a pas encore répondu.", "Ya fue invitada y aún no respondió.";
    too_soon: "It was invited a moment ago.", "Sie wurde eben erst eingeladen.", "Elle vient d’être invitée.", "Acaba de ser invitada.";
    outcome: "Invitations sent: {}. Addresses that need none: {}.", "Geschickte Einladungen: {}. Adressen, die keine brauchen: {}.", "Invitations envoyées : {}. Adresses qui n’en ont pas besoin : {}.", "Invitaciones enviadas: {}. Direcciones que no la necesitan: {}.";
}

said! {
    /// Organizations of customers.
    CompanyWords;
    lead: "Organizations you do business with, and who belongs to them. What people are there is for applications: here it opens nothing.", "Organisationen, mit denen Sie zu tun haben, und wer zu ihnen gehört. Was jemand dort ist, gilt für Anwendungen: Hier öffnet es nichts.", "Les organisations avec lesquelles vous travaillez, et qui en fait partie. Ce rôle sert aux applications : ici, il n’ouvre rien.", "Organizaciones con las que trabajas y quién pertenece a ellas. Lo que alguien es allí sirve a las aplicaciones: aquí no abre nada.";
    all: "All customers", "Alle Kunden", "Tous les clients", "Todos los clientes";
    none: "No customer fits.", "Kein Kunde passt.", "Aucun client ne correspond.", "Ningún cliente coincide.";
    new: "New customer", "Neuer Kunde", "Nouveau client", "Nuevo cliente";
    new_title: "Which organization is it?", "Welche Organisation ist es?", "De quelle organisation s’agit-il ?", "¿Qué organización es?";
    new_button: "Create customer", "Kunden anlegen", "Créer le client", "Crear cliente";
    display_name: "Name as people see it", "Name, wie man ihn sieht", "Nom affiché", "Nombre visible";
    logo: "Logo", "Logo", "Logo", "Logotipo";
    metadata: "What applications keep with it", "Was Anwendungen dazu vermerken", "Ce que les applications y gardent", "Lo que las aplicaciones guardan con ella";
    is_active: "In use", "In Gebrauch", "En service", "En uso";
    profile: "What it is", "Was sie ist", "Ce qu’elle est", "Qué es";
    role: "Role", "Rolle", "Rôle", "Rol";
    joined: "Since", "Seit", "Depuis", "Desde";
    suspended: "suspended", "ausgesetzt", "suspendu", "suspendido";
    nobody: "Nobody belongs to it yet.", "Noch gehört niemand dazu.", "Personne n’en fait encore partie.", "Aún no pertenece nadie.";
    add: "Add somebody who has an account", "Jemanden mit Konto hinzufügen", "Ajouter une personne qui a un compte", "Añadir a alguien con cuenta";
    add_hint: "The role is written by its slug: owner, admin, member, or one of its own.", "Die Rolle steht mit ihrem Kurznamen da: owner, admin, member oder eine eigene.", "Le rôle s’écrit par son nom court : owner, admin, member, ou un rôle propre.", "El rol se escribe por su nombre corto: owner, admin, member o uno propio.";
    user: "E-mail address or id", "E-Mail-Adresse oder Kennung", "Adresse e-mail ou identifiant", "Dirección de correo o identificador";
    add_button: "Add", "Hinzufügen", "Ajouter", "Añadir";
    invite: "Invite somebody into it", "Jemanden dorthin einladen", "Y inviter une personne", "Invitar a alguien a ella";
    invite_hint: "They get a mail with a link that works once. Whoever has no account makes one.", "Sie bekommen eine Mail mit einem Link, der einmal gilt. Wer kein Konto hat, legt eines an.", "La personne reçoit un e-mail avec un lien qui fonctionne une fois. Sans compte, elle en crée un.", "Recibe un correo con un enlace que funciona una vez. Quien no tenga cuenta crea una.";
    default: "given by default", "gilt ohne Angabe", "donné par défaut", "se da por defecto";
    owner: "owners", "Eigentümer", "propriétaires", "propietarios";
    kind: "Kind", "Art", "Genre", "Tipo";
    add_role: "A role of its own", "Eine eigene Rolle", "Un rôle propre", "Un rol propio";
    add_role_button: "Add role", "Rolle hinzufügen", "Ajouter le rôle", "Añadir rol";
    is_default: "Given by default", "Gilt ohne Angabe", "Donné par défaut", "Se da por defecto";
    delete: "Delete this customer", "Diesen Kunden löschen", "Supprimer ce client", "Eliminar este cliente";
    people_stay: "Its people keep their accounts.", "Ihre Personen behalten ihre Konten.", "Ses membres gardent leur compte.", "Sus personas conservan sus cuentas.";
}
