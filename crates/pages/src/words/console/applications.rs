//! Applications, permits to register them, and the keys their tokens are signed with.

use super::said;

said! {
    /// Applications.
    ApplicationWords;
    lead: "What people sign in to, and programs that act for themselves.", "Wobei Menschen sich anmelden, und Programme, die für sich selbst handeln.", "Ce à quoi on se connecte, et les programmes qui agissent pour eux-mêmes.", "Aquello en lo que se inicia sesión y programas que actúan por sí mismos.";
    all: "All applications", "Alle Anwendungen", "Toutes les applications", "Todas las aplicaciones";
    none: "No application fits.", "Keine Anwendung passt.", "Aucune application ne correspond.", "Ninguna aplicación coincide.";
    search: "Name or client_id", "Name oder client_id", "Nom ou client_id", "Nombre o client_id";
    new: "New application", "Neue Anwendung", "Nouvelle application", "Nueva aplicación";
    new_title: "What is it?", "Was ist es?", "Qu’est-ce que c’est ?", "¿Qué es?";
    new_button: "Register application", "Anwendung registrieren", "Enregistrer l’application", "Registrar aplicación";
    redirect_uris: "Redirect URIs", "Rücksprungadressen", "Adresses de retour", "Direcciones de retorno";
    after_sign_out: "Addresses after sign-out", "Adressen nach dem Abmelden", "Adresses après déconnexion", "Direcciones tras cerrar sesión";
    is_public: "Runs in a browser or on a device", "Läuft im Browser oder auf einem Gerät", "Tourne dans un navigateur ou sur un appareil", "Se ejecuta en un navegador o en un dispositivo";
    grants: "Grants", "Grant-Typen", "Types d’octroi", "Tipos de concesión";
    scopes: "Scopes", "Scopes", "Scopes", "Scopes";
    logo: "Logo", "Logo", "Logo", "Logotipo";
    policy: "Privacy policy", "Datenschutzerklärung", "Politique de confidentialité", "Política de privacidad";
    terms: "Terms", "Nutzungsbedingungen", "Conditions", "Condiciones";
    access_life: "Life of access tokens, in seconds", "Lebensdauer von Access-Tokens in Sekunden", "Durée de vie des jetons d’accès, en secondes", "Vida de los tokens de acceso, en segundos";
    refresh_life: "Life of refresh tokens, in seconds", "Lebensdauer von Refresh-Tokens in Sekunden", "Durée de vie des jetons de renouvellement, en secondes", "Vida de los tokens de renovación, en segundos";
    first_party: "The organization’s own", "Gehört der Organisation selbst", "Appartient à l’organisation", "De la propia organización";
    always_ask: "Ask for consent each time", "Jedes Mal nach Zustimmung fragen", "Demander l’accord à chaque fois", "Pedir consentimiento cada vez";
    settings: "Settings", "Einstellungen", "Paramètres", "Ajustes";
    in_browser: "in a browser or on a device", "im Browser oder auf einem Gerät", "dans un navigateur ou sur un appareil", "en un navegador o un dispositivo";
    on_server: "on a server", "auf einem Server", "sur un serveur", "en un servidor";
    runs: "Where it runs", "Wo sie läuft", "Où elle tourne", "Dónde se ejecuta";
    registered: "Registered", "Registriert", "Enregistrée", "Registrada";
    issuer: "Issuer", "Aussteller", "Émetteur", "Emisor";
    new_secret: "New secret", "Neues Geheimnis", "Nouveau secret", "Nuevo secreto";
    a_new_secret: "A new secret", "Ein neues Geheimnis", "Un nouveau secret", "Un nuevo secreto";
    needs: "What the application needs", "Was die Anwendung braucht", "Ce dont l’application a besoin", "Lo que necesita la aplicación";
    no_secret: "It has no secret.", "Sie hat kein Geheimnis.", "Elle n’a pas de secret.", "No tiene secreto.";
    to_application: "To the application", "Zur Anwendung", "Vers l’application", "A la aplicación";
    switch_off: "Switch off", "Ausschalten", "Désactiver", "Desactivar";
    switch_on: "Switch on", "Einschalten", "Activer", "Activar";
    delete: "Delete this application", "Diese Anwendung löschen", "Supprimer cette application", "Eliminar esta aplicación";
}

said! {
    /// Initial access tokens.
    PermitWords;
    lead: "Permits for programs to register themselves as applications (initial access tokens).", "Erlaubnisse für Programme, sich selbst als Anwendung zu registrieren (Initial Access Tokens).", "Permis pour des programmes de s’enregistrer eux-mêmes comme applications (initial access tokens).", "Permisos para que los programas se registren a sí mismos como aplicaciones (initial access tokens).";
    all: "All permits", "Alle Erlaubnisse", "Tous les permis", "Todos los permisos";
    none: "There is no permit.", "Es gibt keine Erlaubnis.", "Il n’y a aucun permis.", "No hay ningún permiso.";
    new: "A new permit", "Eine neue Erlaubnis", "Un nouveau permis", "Un nuevo permiso";
    new_hint: "Whoever holds it can register applications. An end is written like 2030-12-31T00:00:00Z; without one, it has none.", "Wer sie hat, kann Anwendungen registrieren. Ein Ende schreibt man wie 2030-12-31T00:00:00Z; ohne Angabe hat sie keines.", "Qui le détient peut enregistrer des applications. Une fin s’écrit comme 2030-12-31T00:00:00Z ; sans elle, il n’en a pas.", "Quien lo tenga puede registrar aplicaciones. Un fin se escribe como 2030-12-31T00:00:00Z; sin él, no termina.";
    new_button: "Make a permit", "Erlaubnis anlegen", "Créer un permis", "Crear permiso";
    uses: "Used", "Benutzt", "Utilisé", "Usado";
    most: "How many applications", "Wie viele Anwendungen", "Combien d’applications", "Cuántas aplicaciones";
    end: "When it ends", "Wann sie endet", "Quand il prend fin", "Cuándo termina";
    hosts: "Hosts of redirect URIs", "Hosts der Rücksprungadressen", "Hôtes des adresses de retour", "Hosts de las direcciones de retorno";
    last_used: "Last used", "Zuletzt benutzt", "Dernière utilisation", "Último uso";
    revoke: "Revoke", "Widerrufen", "Révoquer", "Revocar";
    made: "A permit was made", "Eine Erlaubnis wurde angelegt", "Un permis a été créé", "Se creó un permiso";
}

said! {
    /// Signing keys.
    KeyWords;
    lead: "Applications verify tokens with these. Rotating publishes successors first; an hour later, rotating again brings them into use.", "Damit prüfen Anwendungen Tokens. Ein Wechsel veröffentlicht zuerst Nachfolger; eine Stunde später bringt ein weiterer Wechsel sie in Gebrauch.", "Les applications vérifient les jetons avec elles. La rotation publie d’abord des successeurs ; une heure plus tard, une nouvelle rotation les met en service.", "Las aplicaciones verifican los tokens con ellas. La rotación publica primero a las sucesoras; una hora después, otra rotación las pone en uso.";
    all: "All keys", "Alle Schlüssel", "Toutes les clés", "Todas las claves";
    none: "There is no key yet.", "Es gibt noch keinen Schlüssel.", "Il n’y a pas encore de clé.", "Aún no hay ninguna clave.";
    key: "Key", "Schlüssel", "Clé", "Clave";
    kind: "Kind", "Art", "Type", "Tipo";
    active: "in use", "in Gebrauch", "en service", "en uso";
    next: "next", "als nächster", "suivante", "siguiente";
    retired: "retired", "abgelöst", "retirée", "retirada";
    succession: "Succession", "Nachfolge", "Succession", "Sucesión";
    rotate: "Publish the next keys, or bring them into use", "Nächste Schlüssel veröffentlichen oder in Gebrauch nehmen", "Publier les clés suivantes, ou les mettre en service", "Publicar las claves siguientes o ponerlas en uso";
}
