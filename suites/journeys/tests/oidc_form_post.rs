//! The modules of the OpenID Connect form post certification plans (basic, implicit and hybrid), each by its name, for every response
//! type.

suite_journeys::plan! { suite_journeys::flows::FORM_POST, with codes }
