use proptest::prelude::*;

use super::*;

/// What the Unicode policy makes of a name: its shown form and key, or the rule it breaks.
fn unicode(raw: &str) -> Result<(String, String), NameError> {
    Policy::Unicode.parse(raw).map(|name| (name.as_str().to_owned(), name.key().to_owned()))
}

fn accepted(raw: &str, shown: &str, key: &str) {
    assert_eq!(unicode(raw), Ok((shown.to_owned(), key.to_owned())), "{raw:?}");
}

fn refused(raw: &str, why: NameError) {
    assert_eq!(unicode(raw), Err(why), "{raw:?}");
}

/// Whether a server would keep two accounts of these names apart.
fn can_both_exist(one: &str, other: &str) -> bool {
    let parsed = [one, other].map(|raw| Policy::Unicode.parse(raw));
    let [Ok(one), Ok(other)] = parsed else {
        return false;
    };
    one != other && Policy::Unicode.skeleton(&one) != Policy::Unicode.skeleton(&other)
}

#[test]
fn letters_of_one_script_are_accepted_and_keep_their_form() {
    accepted("Yoda", "Yoda", "yoda");
    accepted("Zoë", "Zoë", "zoë");
    accepted("Zoe\u{308}", "Zoë", "zoë");
    accepted("Straße", "Straße", "straße");
    accepted("Вера", "Вера", "вера");
    accepted("Ася.2", "Ася.2", "ася.2");
    accepted("日本語ひらカナ", "日本語ひらカナ", "日本語ひらカナ");
    accepted("한국어", "한국어", "한국어");
    accepted("שלום", "שלום", "שלום");
    accepted("हिन्दी", "हिन्दी", "हिन्दी");
}

#[test]
fn full_width_letters_are_the_letters_they_are() {
    accepted("ｙｏｄａ", "yoda", "yoda");
    refused("ｓｅｒｖｅｒ", NameError::Reserved);
    refused("ｙｏｄａ！", NameError::BadCharacter);
}

#[test]
fn a_plain_name_keeps_to_the_plain_rules() {
    refused("", NameError::Empty);
    refused("-rf", NameError::BadStart);
    refused("a b", NameError::BadCharacter);
    refused("Everyone", NameError::Reserved);
    let long = "a".repeat(NAME_CHARS);
    accepted(&long, &long, &long);
    refused(&"a".repeat(NAME_CHARS + 1), NameError::TooLong);
}

#[test]
fn what_breaks_a_rule_is_told_which() {
    refused("еvan", NameError::MixedScripts); // Cyrillic е
    refused("vаder", NameError::MixedScripts); // Cyrillic а
    refused("αlpha", NameError::MixedScripts); // Greek alpha
    refused("日本рус", NameError::MixedScripts);
    refused("è yoda", NameError::NotPrecis);
    refused("è\u{200d}a", NameError::NotPrecis); // zero width joiner
    refused("è\u{202e}a", NameError::NotPrecis); // right-to-left override
    refused("è\u{0}a", NameError::NotPrecis);
    refused("è\u{1b}[2J", NameError::NotPrecis);
    refused("ﬁn", NameError::NotPrecis); // a ligature
    refused("Ⅳ", NameError::NotPrecis);
    refused("😀", NameError::NotPrecis);
    refused("\u{301}a", NameError::BadStart);
    refused("_ë", NameError::BadStart);
    refused("ë@b", NameError::BadCharacter);
    refused("ë#b", NameError::BadCharacter);
    refused(&"ë".repeat(NAME_CHARS + 1), NameError::TooLong);
    refused(&"ë".repeat(NAME_COLUMNS + 1), NameError::TooWide);
    refused(&"語".repeat(NAME_COLUMNS / 2 + 1), NameError::TooWide);
    accepted(&"語".repeat(NAME_COLUMNS / 2), &"語".repeat(NAME_COLUMNS / 2), &"語".repeat(NAME_COLUMNS / 2));
}

#[test]
fn reserved_words_cannot_be_imitated() {
    refused("һеге", NameError::Reserved); // "here" in Cyrillic shapes
    refused("аӏӏ", NameError::LooksPlain); // "all"
}

#[test]
fn names_that_look_alike_cannot_both_exist() {
    for (one, other) in [
        ("раураӏ", "paypal"),
        ("раураӏ", "paypa1"),
        ("еvan", "evan"),
        ("раса", "paca"),
        ("раса", "PACA"),
        ("Вера", "Bepa"),
        ("вера", "ВЕРА"),
        ("ВЕРА", "ΒΕΡΑ"), // Cyrillic and Greek
        ("ｙｏｄａ", "yoda"),
        ("Zoë", "Zoe\u{308}"),
    ] {
        assert!(!can_both_exist(one, other), "{one} and {other}");
        assert!(!can_both_exist(other, one), "{other} and {one}");
    }
}

#[test]
fn names_that_differ_can_both_exist() {
    for (one, other) in [
        ("modern", "modem"),
        ("l1", "ll"),
        ("O0", "OO"),
        ("ernily", "emily"),
        ("Iis", "lis"),
        ("zoe", "zoë"),
        ("Ася", "acr"),
        ("Вера", "Верак"),
    ] {
        assert!(can_both_exist(one, other), "{one} and {other}");
    }
}

#[test]
fn the_skeleton_of_a_plain_name_does_not_depend_on_the_policy() {
    let name = Name::plain("PaYpal").expect("plain");
    assert_eq!(Policy::Plain.skeleton(&name), Policy::Unicode.skeleton(&name));
}

#[test]
fn the_ambiguous_shapes_are_the_known_ones() {
    let mut shapes = AMBIGUOUS.clone();
    shapes.sort();
    shapes.dedup();
    assert_eq!(shapes, ["O", "l", "rn"]);
}

proptest! {
    /// The claim the scheme rests on: whatever has the UTS 39 skeleton of a plain name cannot exist beside it.
    #[test]
    fn no_lookalike_of_a_plain_name_gets_in(plain in "[acdeijhlopqswxyABCEHIKMOPTX][acdeijhlopqswxyABCEHIKMOPTX0-9_.-]{0,9}") {
        // Cyrillic letters whose UTS 39 prototype is the plain letter.
        let twin: String = plain.chars().map(|c| match c {
            'a' => 'а', 'c' => 'с', 'e' => 'е', 'o' => 'о', 'p' => 'р', 'x' => 'х', 'y' => 'у', 's' => 'ѕ', 'i' => 'і',
            'j' => 'ј', 'd' => 'ԁ', 'q' => 'ԛ', 'w' => 'ԝ', 'h' => 'һ', 'l' | 'I' => 'ӏ', 'A' => 'А', 'B' => 'В',
            'C' => 'С', 'E' => 'Е', 'H' => 'Н', 'K' => 'К', 'M' => 'М', 'O' => 'О', 'P' => 'Р', 'T' => 'Т', 'X' => 'Х',
            other => other,
        }).collect();
        let alike = skeleton(&twin).eq(skeleton(&plain));
        if alike && twin != plain {
            prop_assert!(!can_both_exist(&plain, &twin), "{plain} and {twin}");
        }
    }

    #[test]
    fn no_input_makes_it_panic(raw in ".{0,40}") {
        if let Ok(name) = Policy::Unicode.parse(&raw) {
            prop_assert!(Policy::Unicode.skeleton(&name).is_some());
            prop_assert_eq!(Policy::Unicode.parse(name.as_str()), Ok(name));
        }
    }
}
