//! How much one request may bring. The guard and the intake refuse what exceeds it, before the engine sees anything.

/// The largest body, in bytes.
pub const BODY: usize = 256 * 1024;
/// The longest document, in bytes.
pub const DOCUMENT: usize = 32 * 1024;
/// The longest name of an operation, in bytes.
pub const OPERATION_NAME: usize = 100;
/// The most tokens of a document.
pub const TOKENS: usize = 2_000;
/// How deep brackets of any kind may stand in one another, so that parsing is bounded.
pub const BRACKETS: usize = 64;
/// How deep fields of data may stand in one another.
pub const DEPTH: u32 = 12;
/// The same below `__schema` and `__type`: what GraphiQL asks needs 15.
pub const INTROSPECTION_DEPTH: u32 = 18;
/// How deep selection sets may stand in one another, fragments included.
pub const NESTING: u32 = 20;
/// The most aliases of an operation, fragments spread out.
pub const ALIASES: u64 = 30;
/// The most directives of a document.
pub const DIRECTIVES: usize = 20;
/// The most directives at one place.
pub const DIRECTIVES_AT_ONCE: usize = 5;
/// The most fields at the root of an operation, fragments spread out.
pub const ROOT_FIELDS: u64 = 20;
/// The most operations of a document.
pub const OPERATIONS: usize = 5;
/// The most selections of an operation, fragments spread out.
pub const SELECTIONS: u64 = 2_000;
/// The most variables of a request.
pub const VARIABLES: usize = 100;
/// The most items of one list.
pub const LIST: usize = 200;
/// The longest text, in bytes.
pub const STRING: usize = 64 * 1024;
/// The most errors one answer shows.
pub const ERRORS: usize = 10;
/// The longest message of an error that is not of our own making, in characters.
pub const MESSAGE: usize = 200;
/// What a request of the public may cost.
pub const COST_PUBLIC: u64 = 2_000;
/// What a request of somebody signed in may cost.
pub const COST_SIGNED_IN: u64 = 10_000;
