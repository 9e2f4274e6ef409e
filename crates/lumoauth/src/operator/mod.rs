//! What the operator can do from the command line, as operations: recorded like everything else, never mounted on the network.

mod api_keys;
mod clients;
mod organizations;
mod people;

pub use api_keys::MakeApiKey;
pub use clients::MakeClient;
pub use organizations::MakeOrganization;
pub use people::{MakePerson, SetPassword};

use kernel::Fault;

/// These operations are values only; nobody mounts them.
fn not_over_the_network() -> Fault {
    Fault::forbidden("forbidden", "This can only be done at the command line.")
}
