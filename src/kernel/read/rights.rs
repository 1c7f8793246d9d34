//! The rights that something in the schema asks for, read from the one declaration: as a directive of the SDL, as a
//! sentence of its description, and as the hint of `viewerCan`.

use async_graphql::TypeDirective;
use async_graphql::registry::{MetaDirectiveInvocation, MetaField, MetaType, Registry};

use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::{PROOF_LIFE, Role, ScopeKind};
use crate::kernel::read::field::Mask;
use crate::kernel::read::shape::ShapeDef;
use crate::kernel::request::Locale;

/// 必要な権利。複数あるときは、どれか一つがあればよい。引数のないものは、サインインしている人。
/// `stepUp` と `notBy` は、どの権利で行うときにも当てはまる。
#[TypeDirective(location = "FieldDefinition", location = "Object", repeatable)]
fn requires(
    #[graphql(desc = "このうちのどれかの役割。")] roles: Option<Vec<Role>>,
    #[graphql(desc = "その役割を持つ範囲。自治体全体か、対象の属するもの。")] over: Option<ScopeKind>,
    #[graphql(desc = "true は本人のもの、false は本人のもの以外。")] own: Option<bool>,
    #[graphql(desc = "true は、公開されたものなら誰でも。")] published: Option<bool>,
    #[graphql(desc = "何分以内の本人確認が必要か。")] step_up: Option<i32>,
    #[graphql(desc = "役割があっても行えない人(職務の分離)。対象の項目の名前。")] not_by: Option<Vec<String>>,
) {
}

/// What the arguments of the directive mean. The engine tells it to introspection and leaves it out of the SDL.
const ARGUMENTS: &[(&str, &str)] = &[
    ("roles", "このうちのどれかの役割。"),
    ("over", "その役割を持つ範囲。自治体全体か、対象の属するもの。"),
    ("own", "true は本人のもの、false は本人のもの以外。"),
    ("published", "true は、公開されたものなら誰でも。"),
    ("stepUp", "何分以内の本人確認が必要か。"),
    ("notBy", "役割があっても行えない人(職務の分離)。対象の項目の名前。"),
];

/// The SDL with the arguments of the directive described.
pub fn described(sdl: &str) -> String {
    const HEAD: &str = "directive @requires(";
    let Some((before, rest)) = sdl.split_once(HEAD) else { return sdl.to_owned() };
    let Some((arguments, after)) = rest.split_once(')') else { return sdl.to_owned() };
    let mut told = String::new();
    for argument in arguments.split(", ") {
        let name = argument.split(':').next().unwrap_or_default();
        if let Some((_, what)) = ARGUMENTS.iter().find(|(known, _)| *known == name) {
            told += &format!("\n\t\"\"\"\n\t{what}\n\t\"\"\"");
        }
        told += &format!("\n\t{argument}");
    }
    format!("{before}{HEAD}{told}\n){after}")
}

/// What something asks for: any one of the permits, and the rest in any case.
pub(crate) struct Rights<'s> {
    permits: Vec<&'s Permit>,
    /// Is it open to everybody where it is published?
    published: bool,
    /// The columns of those who may not, whatever they hold.
    apart: Vec<&'static str>,
    step_up: bool,
}

impl<'s> Rights<'s> {
    /// Of doing `action` to an object of the shape, or with its kind.
    pub(crate) fn of_act(shape: &'s ShapeDef, action: Action) -> Self {
        let apart = shape.duties.iter().filter(|d| d.action == action).flat_map(|d| d.columns.iter().copied());
        Self {
            permits: shape.permits.iter().filter(|p| p.action == action).collect(),
            published: false,
            apart: apart.collect(),
            step_up: shape.stepped_up.contains(&action),
        }
    }

    /// Of reading an object of the shape; nothing where everybody reads all of them.
    pub(crate) fn of_reading(shape: &'s ShapeDef) -> Option<Self> {
        let permits = shape.permits.iter().filter(|p| p.action == Action::READ).collect();
        let rights = Self { permits, published: shape.published.is_some(), apart: Vec::new(), step_up: false };
        (shape.published != Some("true")).then_some(rights)
    }

    /// Of seeing a field.
    pub(crate) fn of_mask(mask: &'s Mask) -> Self {
        let permits = mask.permits.iter().collect();
        Self { permits, published: mask.unless.is_some(), apart: Vec::new(), step_up: false }
    }

    /// As directives: one for each permit.
    pub(crate) fn directives(&self) -> Vec<MetaDirectiveInvocation> {
        let step_up = self.step_up.then(|| i32::try_from(PROOF_LIFE.num_minutes()).unwrap_or(i32::MAX));
        let names: Vec<String> = self.apart.iter().copied().map(field_name).collect();
        let not_by = || (!names.is_empty()).then(|| names.clone());
        let one = |permit: &&Permit| {
            let roles = (!permit.roles.is_empty()).then(|| permit.roles.to_vec());
            let (over, own) = match permit.over {
                Over::Municipality => (Some(ScopeKind::Municipality), None),
                Over::Scope(kind, _) | Over::ScopeWhere(kind, ..) => (Some(kind), None),
                Over::Own(_) => (None, Some(true)),
                Over::Others(_) => (Some(ScopeKind::Municipality), Some(false)),
                Over::SignedIn => (None, None),
            };
            requires::apply(roles, over, own, None, step_up, not_by())
        };
        let open = self.published.then(|| requires::apply(None, None, None, Some(true), None, None));
        self.permits.iter().map(one).chain(open).collect()
    }

    /// Who may, and what else is asked for, in the reader's language.
    pub(crate) fn sentence(&self, locale: Locale) -> String {
        let mut who: Vec<String> = self.permits.iter().map(|permit| holder(permit, locale)).collect();
        if self.published {
            who.push(say(locale, "公開されたものは誰でも", "anybody, where it is published").to_owned());
        }
        match locale {
            Locale::Ja => format!("{}。", who.join("、または")),
            Locale::En => format!("{}.", who.join("; or ")),
        }
    }

    /// The paragraph of a description.
    fn paragraph(&self, title: &str, described: &str) -> String {
        let mut text = format!("{title}: {}", self.sentence(Locale::Ja));
        if !self.apart.is_empty() {
            let names: Vec<String> = self.apart.iter().copied().map(field_name).collect();
            text += &format!("ただし、{} の人は行えない。", names.join("・"));
        }
        let proof = format!("直前の本人確認({}分以内)が必要。", PROOF_LIFE.num_minutes());
        if self.step_up && !described.contains(&proof) {
            text += &proof;
        }
        text
    }

    /// Tells it of a field: as directives, and at the end of its description.
    pub(crate) fn tell(&self, title: &str, field: &mut MetaField) {
        let described = field.description.take().unwrap_or_default();
        field.description = Some(format!("{described}\n\n{}", self.paragraph(title, &described)));
        field.directive_invocations.extend(self.directives());
    }

    /// The same of a type.
    pub(crate) fn tell_type(&self, title: &str, meta: &mut MetaType) {
        if let MetaType::Object { description, directive_invocations, .. } = meta {
            let described = description.take().unwrap_or_default();
            *description = Some(format!("{described}\n\n{}", self.paragraph(title, &described)));
            directive_invocations.extend(self.directives());
        }
    }
}

/// Makes the directive known to the schema.
pub(crate) fn register(registry: &mut Registry) {
    requires.register(registry);
}

/// Tells of every mutation what right it needs, from the shapes' acts.
pub fn tell_of_acts(shapes: &[&'static ShapeDef], mutations: &mut MetaType) {
    let MetaType::Object { name, fields, .. } = mutations else { return };
    "Mutation".clone_into(name);
    for (name, field) in fields {
        let of = |shape: &&&'static ShapeDef| shape.acts.iter().any(|act| act.action.0 == name);
        if let Some(shape) = shapes.iter().find(of)
            && let Some(act) = shape.acts.iter().find(|act| act.action.0 == name)
        {
            Rights::of_act(shape, act.action).tell("行える人", field);
        }
    }
}

/// Who holds a permit.
fn holder(permit: &Permit, locale: Locale) -> String {
    let roles = match locale {
        Locale::Ja => permit.roles.iter().map(|role| short(role.label()).to_owned()).collect::<Vec<_>>().join("・"),
        Locale::En => permit.roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(", "),
    };
    match (permit.over, locale) {
        (Over::Municipality, _) => roles,
        (Over::Scope(kind, _) | Over::ScopeWhere(kind, ..), Locale::Ja) => format!("{roles}(その{}の)", kind.label()),
        (Over::Scope(kind, _) | Over::ScopeWhere(kind, ..), Locale::En) => {
            format!("{roles} of its {}", kind.word().to_lowercase())
        }
        (Over::Own(_), _) => say(locale, "本人", "the person themself").to_owned(),
        (Over::Others(_), Locale::Ja) => format!("{roles}(本人についてのものを除く)"),
        (Over::Others(_), Locale::En) => format!("{roles}, but not of what is about themself"),
        (Over::SignedIn, _) => say(locale, "サインインしている人", "anybody signed in").to_owned(),
    }
}

/// A label without what it explains in brackets.
fn short(label: &str) -> &str {
    label.split(['(', '(']).next().unwrap_or(label)
}

/// The field over a column that names an account: `submitted_by` is `submittedBy`, `proposer_id` is `proposer`.
fn field_name(column: &str) -> String {
    let mut name = String::new();
    let mut up = false;
    for c in column.strip_suffix("_id").unwrap_or(column).chars() {
        match c {
            '_' => up = true,
            c if up => {
                name.push(c.to_ascii_uppercase());
                up = false;
            }
            c => name.push(c),
        }
    }
    name
}

pub(crate) fn say<'t>(locale: Locale, ja: &'t str, en: &'t str) -> &'t str {
    match locale {
        Locale::Ja => ja,
        Locale::En => en,
    }
}
