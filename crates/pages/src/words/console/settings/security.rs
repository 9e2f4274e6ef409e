//! Guesses, sessions, and what needs a stronger sign-in.

use super::{Rows, rows};

pub(super) const SECURITY: Rows = rows! {
    "": "Security", "Sicherheit", "Sécurité", "Seguridad";
    "?": "How guessing is stopped, and what needs a stronger sign-in.", "Wie Raten unterbunden wird, und was eine stärkere Anmeldung braucht.", "Comment les essais au hasard sont arrêtés, et ce qui exige une connexion plus forte.", "Cómo se frena el adivinar contraseñas y qué exige un inicio de sesión más fuerte.";
    "lockout_threshold": "Wrong passwords before an account is locked", "Falsche Passwörter, bis ein Konto gesperrt wird", "Mots de passe faux avant le verrouillage d’un compte", "Contraseñas erróneas antes de bloquear una cuenta";
    "lockout_duration_seconds": "First lock of an account, in seconds", "Erste Sperre eines Kontos in Sekunden", "Premier verrouillage d’un compte, en secondes", "Primer bloqueo de una cuenta, en segundos";
    "lockout_duration_seconds?": "Each further lock lasts twice as long, a day at most.", "Jede weitere Sperre dauert doppelt so lang, höchstens einen Tag.", "Chaque verrouillage suivant dure deux fois plus longtemps, un jour au plus.", "Cada bloqueo siguiente dura el doble, un día como máximo.";
    "source_lockout_threshold": "Wrong passwords before a network address is locked", "Falsche Passwörter, bis eine Netzadresse gesperrt wird", "Mots de passe faux avant le blocage d’une adresse réseau", "Contraseñas erróneas antes de bloquear una dirección de red";
    "source_lockout_duration_seconds": "First lock of a network address, in seconds", "Erste Sperre einer Netzadresse in Sekunden", "Premier blocage d’une adresse réseau, en secondes", "Primer bloqueo de una dirección de red, en segundos";
    "single_session": "One session per person", "Nur eine Sitzung je Person", "Une seule session par personne", "Una sola sesión por persona";
    "single_session?": "Signing in ends the person’s other sessions.", "Eine Anmeldung beendet die anderen Sitzungen der Person.", "Une connexion met fin aux autres sessions de la personne.", "Iniciar sesión termina las demás sesiones de la persona.";
    "step_up": "What needs a stronger or more recent sign-in", "Was eine stärkere oder frischere Anmeldung braucht", "Ce qui exige une connexion plus forte ou plus récente", "Qué exige un inicio de sesión más fuerte o más reciente";
    "step_up?": "As JSON: a list of objects with scope, and acr (how strong) or max_age (seconds) or both; for example [{\"scope\": \"users.write\", \"max_age\": 600}].", "Als JSON: eine Liste von Objekten mit scope und dazu acr (wie stark) oder max_age (Sekunden) oder beidem; zum Beispiel [{\"scope\": \"users.write\", \"max_age\": 600}].", "En JSON : une liste d’objets avec scope, et acr (la force) ou max_age (en secondes), ou les deux ; par exemple [{\"scope\": \"users.write\", \"max_age\": 600}].", "En JSON: una lista de objetos con scope, y acr (la fuerza) o max_age (segundos), o ambos; por ejemplo, [{\"scope\": \"users.write\", \"max_age\": 600}].";
    "dpop_require_nonce": "Require a nonce in DPoP proofs", "Nonce in DPoP-Nachweisen verlangen", "Exiger un nonce dans les preuves DPoP", "Exigir un nonce en las pruebas DPoP";
    "dpop_require_nonce?": "Applications then prove that a proof was made just now.", "Anwendungen belegen damit, dass ein Nachweis eben erst entstand.", "Les applications montrent ainsi que la preuve vient d’être faite.", "Así las aplicaciones demuestran que la prueba acaba de hacerse.";
    "dpop_max_age": "Life of a DPoP proof, in seconds", "Gültigkeit eines DPoP-Nachweises in Sekunden", "Durée de vie d’une preuve DPoP, en secondes", "Vida de una prueba DPoP, en segundos";
    "client_certificate_authorities": "Authorities for certificates of applications", "Zertifizierungsstellen für Zertifikate von Anwendungen", "Autorités des certificats d’applications", "Autoridades de los certificados de aplicaciones";
    "client_certificate_authorities?": "Certificates in PEM, one after the other. Those of the installation count as well.", "Zertifikate in PEM, eines nach dem anderen. Die der Installation gelten auch.", "Certificats en PEM, l’un après l’autre. Ceux de l’installation comptent aussi.", "Certificados en PEM, uno tras otro. Los de la instalación también valen.";
};
