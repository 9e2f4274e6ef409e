//! The modules of the OpenID Connect hybrid certification plan, each by its name, for the three response types with a code and tokens.

suite_journeys::plan! { suite_journeys::flows::HYBRID, with codes }
