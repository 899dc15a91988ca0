//! Types of the common shapes, and values of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use proptest::collection::{btree_map, btree_set, hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A `struct` with a strategy that draws each field by its own.
macro_rules! drawn {
    ($($(#[$attribute:meta])* struct $name:ident { $($(#[$on:meta])* $field:ident: $ty:ty = $draw:expr,)* })*) => {
        $(
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            $(#[$attribute])*
            pub(crate) struct $name { $($(#[$on])* pub(crate) $field: $ty,)* }

            impl Draw for $name {
                fn draw() -> BoxedStrategy<Self> {
                    ($($draw,)*).prop_map(|($($field,)*)| Self { $($field,)* }).boxed()
                }
            }
        )*
    };
}

/// A type of which values are drawn.
pub(crate) trait Draw: Sized {
    fn draw() -> BoxedStrategy<Self>;
}

/// Any text that `jsonb` takes: all but the character 0.
fn text() -> BoxedStrategy<String> {
    prop_oneof!["[^\0]{0,8}", "[a-z]{0,8}", Just("\u{1F600}\\\"/`~".to_owned())].boxed()
}

/// Any number with a fraction that JSON has, those that have none among them, and those at the ends.
fn float() -> BoxedStrategy<f64> {
    let edges =
        [0.0, 1.0, -1.0, 0.1 + 0.2, 9_007_199_254_740_993.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e21, 1e-7];
    prop_oneof![
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        (-1000i32..1000).prop_map(f64::from),
        prop::sample::select(edges.to_vec()),
    ]
    .boxed()
}

fn signed() -> BoxedStrategy<i64> {
    prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just((1 << 53) + 1), Just(-(1 << 53) - 1)].boxed()
}

fn unsigned() -> BoxedStrategy<u64> {
    prop_oneof![any::<u64>(), Just(u64::MAX), Just((1 << 53) + 1)].boxed()
}

drawn! {
    #[serde(rename_all = "camelCase")]
    struct Numbers {
        tiny_one: i8 = any::<i8>(),
        #[serde(rename = "small")]
        small_one: u16 = any::<u16>(),
        middle: i32 = any::<i32>(),
        large: i64 = signed(),
        larger: u64 = unsigned(),
        huge: i128 = any::<i128>(),
        immense: u128 = any::<u128>(),
        size: usize = any::<usize>(),
        single: f32 = prop::num::f32::NORMAL | prop::num::f32::ZERO,
        double: f64 = float(),
        counted: std::num::NonZeroU32 = any::<std::num::NonZeroU32>(),
    }

    struct Words {
        yes: bool = any::<bool>(),
        letter: char = any::<char>().prop_filter("jsonb has no character 0", |c| *c != '\0'),
        text: String = text(),
        nothing: () = Just(()),
    }

    #[serde(deny_unknown_fields)]
    struct Missing {
        perhaps: Option<u32> = option::of(any::<u32>()),
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<String> = option::of(text()),
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<u8> = vec(any::<u8>(), 0..3),
        #[serde(default = "seven")]
        seven: u8 = any::<u8>(),
        #[serde(skip)]
        skipped: u8 = Just(0),
        inner: Option<Box<Point>> = option::of(Point::draw().prop_map(Box::new)),
    }

    struct Point {
        x: f64 = float(),
        y: f64 = float(),
    }

    struct Lists {
        list: Vec<Point> = vec(Point::draw(), 0..4),
        bytes: Vec<u8> = vec(any::<u8>(), 0..4),
        three: [u16; 3] = any::<[u16; 3]>(),
        pair: (u8, String) = (any::<u8>(), text()),
        nested: Vec<Vec<Option<bool>>> = vec(vec(any::<Option<bool>>(), 0..3), 0..3),
        set: BTreeSet<i64> = btree_set(signed(), 0..4),
        boxed: Box<[String]> = vec(text(), 0..3).prop_map(Into::into),
    }

    struct Maps {
        by_name: HashMap<String, Point> = hash_map(text(), Point::draw(), 0..3),
        by_number: BTreeMap<u32, String> = btree_map(any::<u32>(), text(), 0..3),
        by_signed: BTreeMap<i64, Option<bool>> = btree_map(signed(), any::<Option<bool>>(), 0..3),
        by_letter: BTreeMap<Suit, u8> = btree_map(Suit::draw(), any::<u8>(), 0..3),
        wrapped: BTreeMap<Name, Vec<Name>> = btree_map(Name::draw(), vec(Name::draw(), 0..2), 0..2),
        any: serde_json::Value = json(),
    }

    struct Flat {
        id: u32 = any::<u32>(),
        #[serde(flatten)]
        point: Point = Point::draw(),
        #[serde(flatten)]
        by_tag: Internal = Internal::draw(),
    }

    struct Open {
        id: u32 = any::<u32>(),
        #[serde(flatten)]
        more: BTreeMap<String, i64> = btree_map("z[a-z]{3}", signed(), 0..3),
    }

    struct Enums {
        suit: Suit = Suit::draw(),
        external: Vec<External> = vec(External::draw(), 0..3),
        internal: Internal = Internal::draw(),
        adjacent: Adjacent = Adjacent::draw(),
        untagged: Vec<Untagged> = vec(Untagged::draw(), 0..3),
        outcome: Result<u8, String> = prop_oneof![any::<u8>().prop_map(Ok), text().prop_map(Err)],
    }

    struct Times {
        date: chrono::NaiveDate = day(),
        time: chrono::NaiveTime = (0u32..86_400, 0u32..1_000_000_000).prop_map(|(s, n)| chrono::NaiveTime::from_num_seconds_from_midnight_opt(s, n).unwrap()),
        at: chrono::DateTime<chrono::Utc> = moment(),
        abroad: chrono::DateTime<chrono::FixedOffset> = (moment(), -12i32..14).prop_map(|(at, hours)| at.with_timezone(&chrono::FixedOffset::east_opt(hours * 3600).unwrap())),
        stamp: jiff::Timestamp = (-60_000_000_000i64..200_000_000_000, 0i32..1_000_000_000).prop_map(|(s, n)| jiff::Timestamp::new(s, if s < 0 { -n } else { n }).unwrap()),
        civil: jiff::civil::Date = (1i16..9999, 1i8..13, 1i8..29).prop_map(|(y, m, d)| jiff::civil::date(y, m, d)),
        duration: Duration = any::<Duration>(),
        system: std::time::SystemTime = (0u64..99_999_999_999, 0u32..1_000_000_000).prop_map(|(s, n)| std::time::UNIX_EPOCH + Duration::new(s, n)),
        id: uuid::Uuid = any::<u128>().prop_map(uuid::Uuid::from_u128),
        price: rust_decimal::Decimal = (any::<i64>(), 0u32..20).prop_map(|(n, scale)| rust_decimal::Decimal::new(n, scale)),
    }

    struct Custom {
        #[serde(with = "as_text")]
        #[schemars(with = "String")]
        cents: u64 = unsigned(),
        name: Name = Name::draw(),
        pair: Pair = (any::<u8>(), float()).prop_map(|(n, x)| Pair(n, x)),
        marker: Marker = Just(Marker),
        tree: Tree = Tree::draw(),
        #[schemars(range(min = 1, max = 99), extend("x-unit" = "percent"))]
        percent: u8 = 1u8..100,
        #[schemars(length(min = 1, max = 8), regex(pattern = r"^[a-z]+-\d{1,3}$"))]
        code: String = "[a-z]{1,4}-[0-9]{1,3}",
        address: std::net::IpAddr = any::<std::net::IpAddr>(),
    }
}

/// The suit of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub(crate) enum Suit {
    Hearts,
    /// With a description, and so not one of a plain list.
    RedDiamonds,
    Spades,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum External {
    Unit,
    Newtype(Point),
    Tuple(u8, String),
    Struct { count: u32, note: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Internal {
    JustUnit,
    Newtype(Labelled),
    Struct { count: u32, label: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Labelled {
    label: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Adjacent {
    Unit,
    Newtype(i64),
    Tuple(u8, bool),
    Struct { x: f64 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Untagged {
    Number(i64),
    Text(String),
    List(Vec<u8>),
    Struct { x: i64 },
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Name(String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Pair(u8, f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Marker;

/// Refers to itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tree {
    pub(crate) value: u8,
    pub(crate) children: Vec<Tree>,
}

fn seven() -> u8 {
    7
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn day() -> BoxedStrategy<chrono::NaiveDate> {
    (1i32..9999, 1u32..366).prop_map(|(year, day)| chrono::NaiveDate::from_yo_opt(year, day).unwrap()).boxed()
}

fn moment() -> BoxedStrategy<chrono::DateTime<chrono::Utc>> {
    (-60_000_000_000i64..200_000_000_000, 0u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| chrono::DateTime::from_timestamp(seconds, nanos).unwrap())
        .boxed()
}

fn json() -> BoxedStrategy<serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        signed().prop_map(Into::into),
        unsigned().prop_map(Into::into),
        float().prop_map(Into::into),
        text().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Into::into),
            btree_map(text(), inner, 0..3).prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
    .boxed()
}

impl Draw for Suit {
    fn draw() -> BoxedStrategy<Self> {
        prop_oneof![Just(Self::Hearts), Just(Self::RedDiamonds), Just(Self::Spades)].boxed()
    }
}

impl Draw for External {
    fn draw() -> BoxedStrategy<Self> {
        prop_oneof![
            Just(Self::Unit),
            Point::draw().prop_map(Self::Newtype),
            (any::<u8>(), text()).prop_map(|(n, text)| Self::Tuple(n, text)),
            (any::<u32>(), option::of(text())).prop_map(|(count, note)| Self::Struct { count, note }),
        ]
        .boxed()
    }
}

impl Draw for Internal {
    fn draw() -> BoxedStrategy<Self> {
        prop_oneof![
            Just(Self::JustUnit),
            text().prop_map(|label| Self::Newtype(Labelled { label })),
            (any::<u32>(), option::of(text())).prop_map(|(count, label)| Self::Struct { count, label }),
        ]
        .boxed()
    }
}

impl Draw for Adjacent {
    fn draw() -> BoxedStrategy<Self> {
        prop_oneof![
            Just(Self::Unit),
            signed().prop_map(Self::Newtype),
            any::<(u8, bool)>().prop_map(|(n, b)| Self::Tuple(n, b)),
            float().prop_map(|x| Self::Struct { x }),
        ]
        .boxed()
    }
}

impl Draw for Untagged {
    fn draw() -> BoxedStrategy<Self> {
        prop_oneof![
            signed().prop_map(Self::Number),
            text().prop_map(Self::Text),
            vec(any::<u8>(), 0..3).prop_map(Self::List),
            signed().prop_map(|x| Self::Struct { x }),
            Just(Self::Nothing),
        ]
        .boxed()
    }
}

impl Draw for Name {
    fn draw() -> BoxedStrategy<Self> {
        text().prop_map(Self).boxed()
    }
}

impl Draw for Tree {
    fn draw() -> BoxedStrategy<Self> {
        let leaf = any::<u8>().prop_map(|value| Self { value, children: Vec::new() });
        leaf.prop_recursive(4, 12, 3, |inner| {
            (any::<u8>(), vec(inner, 0..3)).prop_map(|(value, children)| Self { value, children })
        })
        .boxed()
    }
}
