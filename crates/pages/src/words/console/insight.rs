//! What goes on: the overview, figures, mails, settings, the log.

use super::said;

said! {
    /// The overview.
    OverviewWords;
    entries: "Entries in the log", "Einträge im Protokoll", "Entrées du journal", "Entradas del registro";
    next: "What next?", "Was als Nächstes?", "Et maintenant ?", "¿Y ahora?";
    register: "Register an application", "Anwendung registrieren", "Enregistrer une application", "Registrar una aplicación";
    invite: "Invite a colleague", "Jemanden einladen", "Inviter un collègue", "Invitar a un colega";
    yesterday: "Who signed in yesterday", "Wer sich gestern anmeldete", "Qui s’est connecté hier", "Quién inició sesión ayer";
    latest: "What happened last", "Was zuletzt geschah", "Ce qui s’est passé en dernier", "Lo último que ocurrió";
    nothing: "Nothing has happened yet.", "Noch ist nichts geschehen.", "Rien ne s’est encore passé.", "Aún no ha ocurrido nada.";
}

said! {
    /// Figures by day.
    FigureWords;
    lead: "What happened on which day (UTC).", "Was an welchem Tag geschah (UTC).", "Ce qui s’est passé chaque jour (UTC).", "Qué ocurrió cada día (UTC).";
    days: "How long", "Zeitraum", "Période", "Periodo";
    week: "7 days", "7 Tage", "7 jours", "7 días";
    month: "30 days", "30 Tage", "30 jours", "30 días";
    quarter: "90 days", "90 Tage", "90 jours", "90 días";
    show: "Show", "Zeigen", "Afficher", "Mostrar";
    sign_ins: "Sign-ins", "Anmeldungen", "Connexions", "Inicios de sesión";
    failed: "Failed sign-ins", "Fehlgeschlagene Anmeldungen", "Connexions échouées", "Inicios fallidos";
    new_users: "New users", "Neue Benutzer", "Nouveaux utilisateurs", "Usuarios nuevos";
    day: "Day", "Tag", "Jour", "Día";
    by_day: "Day by day", "Tag für Tag", "Jour par jour", "Día a día";
    nothing: "Nothing happened in this time.", "In dieser Zeit geschah nichts.", "Rien ne s’est passé pendant cette période.", "No ocurrió nada en este periodo.";
}

said! {
    /// Templates of mails.
    TemplateWords;
    lead: "What the organization’s mails say. Without words of your own, the built-in ones are sent in the reader’s language.", "Was die Mails der Organisation sagen. Ohne eigene Worte gehen die eingebauten in der Sprache der Lesenden hinaus.", "Ce que disent les e-mails de l’organisation. Sans texte propre, les textes intégrés partent dans la langue du lecteur.", "Lo que dicen los correos de la organización. Sin texto propio se envían los incluidos, en el idioma de quien los lee.";
    all: "All mails", "Alle Mails", "Tous les e-mails", "Todos los correos";
    mail: "Mail", "Mail", "E-mail", "Correo";
    subject: "Subject", "Betreff", "Objet", "Asunto";
    words: "Words", "Worte", "Texte", "Texto";
    language: "Language", "Sprache", "Langue", "Idioma";
    every_language: "every language", "jede Sprache", "toutes les langues", "todos los idiomas";
    built_in: "built in", "eingebaut", "intégré", "incluido";
    own: "your own", "eigene", "le vôtre", "propio";
    unused: "your own, switched off", "eigene, ausgeschaltet", "le vôtre, désactivé", "propio, desactivado";
    body: "HTML", "HTML", "HTML", "HTML";
    is_active: "In use", "In Gebrauch", "En service", "En uso";
    edit: "Write it", "Schreiben", "L’écrire", "Escribirlo";
    edit_hint: "A small part of HTML, and placeholders in double braces.", "Ein kleiner Teil von HTML, und Platzhalter in doppelten Klammern.", "Une petite partie de HTML, et des champs entre doubles accolades.", "Una pequeña parte de HTML y marcadores entre llaves dobles.";
    preview: "How it looks, with made-up values", "Wie sie aussieht, mit erfundenen Werten", "À quoi il ressemble, avec des valeurs inventées", "Cómo se ve, con valores inventados";
    languages: "For which language", "Für welche Sprache", "Pour quelle langue", "Para qué idioma";
    variables: "Placeholders", "Platzhalter", "Champs", "Marcadores";
    placeholder: "Placeholder", "Platzhalter", "Champ", "Marcador";
    meaning: "What it stands for", "Wofür er steht", "Ce qu’il représente", "Qué representa";
    built_in_again: "The built-in mail", "Die eingebaute Mail", "L’e-mail intégré", "El correo incluido";
    reset: "Go back to the built-in words", "Zu den eingebauten Worten zurück", "Revenir au texte intégré", "Volver al texto incluido";
}

said! {
    /// Settings: their sections.
    SettingsWords;
    all: "All sections", "Alle Bereiche", "Toutes les sections", "Todas las secciones";
    section: "Section", "Bereich", "Section", "Sección";
    decides: "What it decides", "Was er entscheidet", "Ce qu’elle décide", "Qué decide";
    range: "From {} to {}.", "Von {} bis {}.", "De {} à {}.", "De {} a {}.";
    possible: "Possible entries: {}.", "Mögliche Einträge: {}.", "Entrées possibles : {}.", "Entradas posibles: {}.";
}

said! {
    /// The audit log.
    AuditWords;
    lead: "Everything this organization’s people, programs and administrators did. Each entry can be proven to be part of the log.", "Alles, was Personen, Programme und Verwaltung dieser Organisation taten. Jeder Eintrag lässt sich als Teil des Protokolls beweisen.", "Tout ce qu’ont fait les personnes, programmes et administrateurs de cette organisation. Chaque entrée peut être prouvée comme partie du journal.", "Todo lo que hicieron las personas, programas y administradores de esta organización. De cada entrada puede probarse que es parte del registro.";
    entries: "Entries", "Einträge", "Entrées", "Entradas";
    none: "No entry of the log fits.", "Kein Eintrag passt.", "Aucune entrée ne correspond.", "Ninguna entrada coincide.";
    search: "Event, or the id of somebody or something", "Ereignis oder die Kennung von jemandem oder etwas", "Événement, ou identifiant d’une personne ou d’une chose", "Evento o identificador de alguien o algo";
    what: "What", "Was", "Quoi", "Qué";
    how: "How it ended", "Wie es ausging", "Comment cela a fini", "Cómo terminó";
    from: "From", "Von", "Du", "Desde";
    to: "To", "Bis", "Au", "Hasta";
    when: "When", "Wann", "Quand", "Cuándo";
    who: "Who", "Wer", "Qui", "Quién";
    proof: "Proof", "Beweis", "Preuve", "Prueba";
    number: "No. {}", "Nr. {}", "N° {}", "N.º {}";
    somebody: "somebody", "jemand", "quelqu’un", "alguien";
    everything: "everything", "alles", "tout", "todo";
    sign_ins: "sign-ins", "Anmeldungen", "connexions", "inicios de sesión";
    failed_sign_ins: "failed sign-ins", "fehlgeschlagene Anmeldungen", "connexions échouées", "inicios fallidos";
    new_users: "new users", "neue Benutzer", "nouveaux utilisateurs", "usuarios nuevos";
    changed_roles: "changed roles", "geänderte Rollen", "rôles modifiés", "roles cambiados";
    new_applications: "new applications", "neue Anwendungen", "nouvelles applications", "aplicaciones nuevas";
    changed_settings: "changed settings", "geänderte Einstellungen", "paramètres modifiés", "ajustes cambiados";
    issued_tokens: "issued tokens", "ausgestellte Tokens", "jetons émis", "tokens emitidos";
    done: "done", "getan", "fait", "hecho";
    refused: "refused", "abgelehnt", "refusé", "rechazado";
    failed: "failed", "gescheitert", "échoué", "fallido";
    entry: "Entry {}", "Eintrag {}", "Entrée {}", "Entrada {}";
    entry_title: "Entry", "Eintrag", "Entrée", "Entrada";
    unproven: "This entry can’t be proven: it is not what the log recorded", "Dieser Eintrag lässt sich nicht beweisen: Er ist nicht, was das Protokoll verzeichnet hat", "Cette entrée ne peut pas être prouvée : ce n’est pas ce que le journal a enregistré", "Esta entrada no puede probarse: no es lo que el registro anotó";
    proven: "proven: part of the log at {} entries", "bewiesen: Teil des Protokolls bei {} Einträgen", "prouvée : partie du journal à {} entrées", "probada: parte del registro con {} entradas";
    leaf: "Leaf hash", "Blatt-Hash", "Empreinte de la feuille", "Hash de la hoja";
    root: "Root hash", "Wurzel-Hash", "Empreinte de la racine", "Hash de la raíz";
    path: "Path", "Pfad", "Chemin", "Ruta";
}
