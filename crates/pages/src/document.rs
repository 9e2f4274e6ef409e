//! From a page value to the document it becomes.

use askama::Template;

/// The policy of pages whose forms are answered by this server. All of it is needed: `style-src` and `script-src` for our two
/// files, `img-src` for logos of organizations and applications.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:; form-action 'self'; \
                          base-uri 'none'; frame-ancestors 'none'";

/// The policy of pages whose form ends at an application. Some browsers hold every redirect that follows a form against
/// `form-action`, also the application's own, which nobody can list beforehand; so these pages go without that directive.
pub const POLICY_LEAVING: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:; base-uri 'none'; frame-ancestors 'none'";

/// Gives a page type `html()` and `policy()`. The second form says when the page's form leads to an application.
macro_rules! document {
    ($page:ident) => {
        crate::document::document!($page, |_page| false);
    };
    ($page:ident, $leaves:expr) => {
        impl $page {
            /// The whole document.
            pub fn html(&self) -> String {
                crate::document::render(self)
            }
            /// The `Content-Security-Policy` to serve it with.
            pub fn policy(&self) -> &'static str {
                let leaves: fn(&Self) -> bool = $leaves;
                if leaves(self) { crate::POLICY_LEAVING } else { crate::POLICY }
            }
        }
    };
}
pub(crate) use document;

/// A template over plain data fails only where writing to a `String` fails, which never happens.
pub(crate) fn render(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}
