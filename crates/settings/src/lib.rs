//! Process configuration: types, loading, explaining.
