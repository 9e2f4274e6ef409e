//! Every rule as a loop over the catalogue.
