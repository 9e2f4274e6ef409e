//! The modules of the OpenID Connect implicit certification plan, each by its name, for `id_token` and `id_token token`.

suite_journeys::plan! { suite_journeys::flows::IMPLICIT }
