//! Server-rendered pages: templates, one style sheet, words for people.
