//! What `store` promises, on each of its databases.

#[cfg(test)]
mod caches;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod database;
#[cfg(test)]
mod expiry;
#[cfg(test)]
mod fence;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod older_versions;
#[cfg(test)]
mod ordering;
#[cfg(test)]
mod product_claims;
#[cfg(test)]
mod source;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod transactions;
