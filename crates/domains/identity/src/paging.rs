//! The parameters every list takes, and what becomes of them.

mod listing;

pub use listing::{Listing, NamedSort};

use flow::Field;
use kernel::{PageRequest, SortDirection};
use serde_json::{Value, json};

/// `page`: one-based, 1 where it is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageNumber(u32);

/// `limit`: rows per page, 25 where it is left out and never more than 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u32);

/// `sortDir`: `ASC` or `DESC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction(pub SortDirection);

/// The page that is wanted.
pub fn page(number: PageNumber, size: PageSize) -> PageRequest {
    PageRequest { page: number.0, limit: size.0 }
}

/// Which rows of a long list to fetch, and from which end to count them: its index is never walked further than to its middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Whether `offset` counts from the end of the list, so that the rows have to be looked for in the opposite order.
    pub is_counted_from_the_end: bool,
    /// Rows to skip.
    pub offset: i64,
    /// Rows to fetch.
    pub limit: i64,
}

impl Window {
    /// For a page of a list with `total` rows; `None` if it holds none.
    pub fn of(request: PageRequest, total: i64) -> Option<Self> {
        let offset = request.offset();
        let limit = i64::from(request.limit).min(total - offset);
        if limit <= 0 {
            return None;
        }
        let is_counted_from_the_end = offset > total / 2;
        let offset = if is_counted_from_the_end { total - offset - limit } else { offset };
        Some(Self { is_counted_from_the_end, offset, limit })
    }
}

fn positive(text: &str) -> Result<u32, String> {
    let number = u32::from_text(text)?;
    if number == 0 { Err("must be at least 1".to_owned()) } else { Ok(number) }
}

impl Field for PageNumber {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "default": 1 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        positive(text).map(Self)
    }
    fn absent() -> Option<Self> {
        Some(Self(1))
    }
}

impl Field for PageSize {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 25 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        positive(text).map(|size| Self(size.min(100)))
    }
    fn absent() -> Option<Self> {
        Some(Self(25))
    }
}

impl Field for Direction {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["ASC", "DESC"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        match text.to_ascii_uppercase().as_str() {
            "ASC" => Ok(Self(SortDirection::Ascending)),
            "DESC" => Ok(Self(SortDirection::Descending)),
            _ => Err("must be ASC or DESC".to_owned()),
        }
    }
}

/// Text to be found anywhere in a column: the pattern for `LIKE … ESCAPE '!'`.
pub fn contains_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_first_page_and_no_page_is_huge() {
        let wanted = |number: &str, size: &str| page(PageNumber::from_text(number).unwrap(), PageSize::from_text(size).unwrap());
        assert_eq!(wanted("3", "1000"), PageRequest { page: 3, limit: 100 });
        assert_eq!(page(PageNumber::absent().unwrap(), PageSize::absent().unwrap()), PageRequest { page: 1, limit: 25 });
        for bad in ["0", "-1", "x", ""] {
            assert!(PageNumber::from_text(bad).is_err() && PageSize::from_text(bad).is_err(), "{bad}");
        }
        assert!(Direction::from_text("desc").is_ok() && Direction::from_text("down").is_err());
    }

    #[test]
    fn the_second_half_of_a_list_is_counted_from_its_end() {
        let window = |page, total| {
            Window::of(PageRequest { page, limit: 25 }, total).map(|w| (w.is_counted_from_the_end, w.offset, w.limit))
        };
        assert_eq!(window(1, 0), None);
        assert_eq!(window(1, 100), Some((false, 0, 25)));
        assert_eq!(window(3, 100), Some((false, 50, 25)));
        assert_eq!(window(4, 100), Some((true, 0, 25)));
        assert_eq!(window(4, 90), Some((true, 0, 15)));
        assert_eq!(window(3, 90), Some((true, 15, 25)));
        assert_eq!(window(5, 100), None);
    }

    #[test]
    fn what_is_searched_for_is_no_pattern() {
        assert_eq!(contains_pattern("50%_!"), "%50!%!_!!%");
    }
}
