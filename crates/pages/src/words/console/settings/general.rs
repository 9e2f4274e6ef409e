//! The organization itself, and its mail.

use super::{Rows, rows};

pub(super) const GENERAL: Rows = rows! {
    "": "General", "Allgemein", "Général", "General";
    "?": "What the organization is called, and what is assumed about its people.", "Wie die Organisation heißt, und was für ihre Personen angenommen wird.", "Comment s’appelle l’organisation, et ce qui vaut par défaut pour ses membres.", "Cómo se llama la organización y qué se supone de sus personas.";
    "name": "Name of the organization", "Name der Organisation", "Nom de l’organisation", "Nombre de la organización";
    "displayName": "Name as people see it", "Name, wie man ihn sieht", "Nom affiché", "Nombre visible";
    "displayName?": "On pages and in mails. If empty, the name of the organization.", "Auf Seiten und in Mails. Wenn leer, der Name der Organisation.", "Sur les pages et dans les e-mails. S’il est vide, le nom de l’organisation.", "En páginas y correos. Si está vacío, el nombre de la organización.";
    "timezone": "Time zone", "Zeitzone", "Fuseau horaire", "Zona horaria";
    "timezone?": "For times on pages and in mails where the reader’s own is unknown; for example Europe/Paris.", "Für Zeiten auf Seiten und in Mails, wenn die der Lesenden unbekannt ist; zum Beispiel Europe/Berlin.", "Pour les heures des pages et des e-mails quand celui du lecteur est inconnu ; par exemple Europe/Paris.", "Para las horas de páginas y correos cuando se desconoce la de quien lee; por ejemplo, Europe/Madrid.";
    "locale": "Language", "Sprache", "Langue", "Idioma";
    "locale?": "For people whose browser asks for no language spoken here: en, de, fr, es.", "Für Personen, deren Browser keine hier gesprochene Sprache wünscht: en, de, fr, es.", "Pour les personnes dont le navigateur ne demande aucune langue parlée ici : en, de, fr, es.", "Para quienes usan un navegador que no pide ningún idioma disponible aquí: en, de, fr, es.";
    "support_email": "E-mail address for help", "E-Mail-Adresse für Hilfe", "Adresse e-mail pour l’aide", "Correo electrónico de ayuda";
    "support_email?": "Where people who need help may write.", "Wohin schreiben kann, wer Hilfe braucht.", "Où écrire pour obtenir de l’aide.", "Adonde puede escribir quien necesite ayuda.";
    "support_url": "Page with help", "Seite mit Hilfe", "Page d’aide", "Página de ayuda";
};

pub(super) const MAIL: Rows = rows! {
    "": "Mail", "E-Mail", "E-mail", "Correo";
    "?": "How the organization’s mail leaves, and from whom it comes.", "Wie die Mails der Organisation hinausgehen, und von wem sie kommen.", "Comment partent les e-mails de l’organisation, et de qui ils viennent.", "Cómo salen los correos de la organización y de quién vienen.";
    "from_name": "Name of the sender", "Name des Absenders", "Nom de l’expéditeur", "Nombre del remitente";
    "from_name?": "If empty, the organization’s name with a mail server of its own, else the one set for this whole server.", "Wenn leer, bei eigenem Mailserver der Name der Organisation, sonst der für diesen ganzen Server festgelegte.", "S’il est vide, le nom de l’organisation avec un serveur de messagerie propre, sinon celui fixé pour tout ce serveur.", "Si está vacío, el nombre de la organización con un servidor de correo propio; si no, el fijado para todo este servidor.";
    "from_address": "Address of the sender", "Adresse des Absenders", "Adresse de l’expéditeur", "Dirección del remitente";
    "from_address?": "Goes together with a mail server of your own.", "Gehört zu einem eigenen Mailserver.", "Va de pair avec un serveur de messagerie propre.", "Va junto con un servidor de correo propio.";
    "reply_to": "Address for answers", "Adresse für Antworten", "Adresse de réponse", "Dirección para respuestas";
    "smtp_host": "Mail server", "Mailserver", "Serveur de messagerie", "Servidor de correo";
    "smtp_host?": "Must be on the public internet unless the operator allows it. If empty, mail leaves as this server is configured.", "Muss im öffentlichen Internet stehen, wenn der Betreiber ihn nicht eigens erlaubt. Wenn leer, gehen Mails hinaus, wie dieser Server eingerichtet ist.", "Doit être sur l’internet public, sauf si l’exploitant l’autorise. S’il est vide, les e-mails partent selon la configuration de ce serveur.", "Debe estar en la internet pública, salvo que el operador lo permita. Si está vacío, los correos salen según la configuración de este servidor.";
    "smtp_port": "Port of the mail server", "Port des Mailservers", "Port du serveur de messagerie", "Puerto del servidor de correo";
    "smtp_port?": "Only 25, 465, 587, 2465, 2525 and 2587.", "Nur 25, 465, 587, 2465, 2525 und 2587.", "Seulement 25, 465, 587, 2465, 2525 et 2587.", "Solo 25, 465, 587, 2465, 2525 y 2587.";
    "smtp_security": "Protection of the connection", "Schutz der Verbindung", "Protection de la connexion", "Protección de la conexión";
    "smtp_security=tls": "TLS from the start", "TLS von Anfang an", "TLS dès le début", "TLS desde el principio";
    "smtp_security=starttls": "STARTTLS, or no mail", "STARTTLS, sonst keine Mail", "STARTTLS, sinon aucun e-mail", "STARTTLS, o ningún correo";
    "smtp_username": "Username at the mail server", "Benutzername beim Mailserver", "Nom d’utilisateur du serveur de messagerie", "Nombre de usuario en el servidor de correo";
    "smtp_password": "Password at the mail server", "Passwort beim Mailserver", "Mot de passe du serveur de messagerie", "Contraseña en el servidor de correo";
    "smtp_password?": "It is never shown. For another mail server it must be typed again.", "Es wird nie angezeigt. Für einen anderen Mailserver muss es neu eingegeben werden.", "Il n’est jamais affiché. Pour un autre serveur, il faut le saisir à nouveau.", "Nunca se muestra. Para otro servidor hay que escribirla de nuevo.";
};
