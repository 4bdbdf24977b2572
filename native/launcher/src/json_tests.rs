use super::{MAX_DEPTH, string_members};

fn annotation(text: &str) -> Result<Option<String>, String> {
    string_members(text.as_bytes(), Some("annotations"), &["k"])
        .map(|mut found| found.remove(0))
        .map_err(|error| error.to_string())
}

fn group(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn takes_the_wanted_strings_and_nothing_else() {
    let text = br#" { "ociVersion":"1.0.2", "k":"outer", "process":{"k":"inner","n":[1,-2.5e+3,true,false,null,{}]},
        "annotations" : { "a":"1" , "k" : "v" } , "linux":{"annotations":{"k":"deep"}} } "#;
    let found = string_members(text, Some("annotations"), &["missing", "k"]).unwrap();
    assert_eq!(found, vec![None, group("v")]);
    let found = string_members(text, None, &["ociVersion"]).unwrap();
    assert_eq!(found, vec![group("1.0.2")]);
}

#[test]
fn absent_null_and_repeated_members() {
    assert_eq!(annotation("{}"), Ok(None));
    assert_eq!(annotation(r#"{"annotations":null}"#), Ok(None));
    assert_eq!(annotation(r#"{"annotations":{"k":null}}"#), Ok(None));
    assert_eq!(
        annotation(r#"{"annotations":{"k":"1","k":"2"}}"#),
        Ok(group("2"))
    );
    assert_eq!(
        annotation(r#"{"annotations":{"k":"1"},"annotations":{"k":null}}"#),
        Ok(None)
    );
    assert_eq!(
        annotation(r#"{"annotations":{"k":"1"},"annotations":null}"#),
        Ok(None)
    );
    // As Go reads into a map.
    assert_eq!(
        annotation(r#"{"annotations":{"k":"1"},"annotations":{"j":"2"}}"#),
        Ok(group("1"))
    );
    for wrong in [
        r#"{"annotations":{"k":[]},"annotations":{"k":"1"}}"#,
        r#"{"annotations":[],"annotations":{"k":"1"}}"#,
        r#"{"annotations":{"k":7,"k":"1"}}"#,
    ] {
        assert!(
            annotation(wrong).unwrap_err().contains("must be"),
            "{wrong}"
        );
    }
}

#[test]
fn escapes() {
    let text = r#"{"annotations":{"\u006b":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀"}}"#;
    assert_eq!(annotation(text), Ok(group("\"\\/\u{8}\u{c}\n\r\té😀é😀")));
}

#[test]
fn refuses_what_is_not_json() {
    for (value, reason) in [
        (r#""\x41""#, "escape"),
        (r#""\u00g0""#, "escape"),
        ("\"a\nb\"", "control character"),
        ("01", "number"),
        ("-", "number"),
        ("1.", "number"),
        ("1e", "number"),
        ("+1", "value"),
        (".5", "value"),
        ("nul", "ident"),
        ("True", "value"),
        ("[1,]", "value"),
        ("[1 2]", "`]`"),
        ("{\"a\":1,}", "key must be a string"),
        ("{a:1}", "key must be a string"),
        ("{\"a\" 1}", "`:`"),
        ("'a'", "value"),
        ("", "value"),
    ] {
        let error = annotation(&format!("{{\"x\":{value} }}")).expect_err(value);
        assert!(error.contains(reason), "{value}: {error}");
    }
    for half in [
        r"\ud83d",
        r"\ud83dx",
        r"\ud83d\n",
        r"\ude00",
        r"\ud83d\u0041",
    ] {
        let error =
            annotation(&format!("{{\"annotations\":{{\"k\":\"{half}\"}}}}")).expect_err(half);
        assert!(
            error.contains("surrogate") || error.contains("hex escape"),
            "{half}: {error}"
        );
    }
    assert!(annotation("{} {}").unwrap_err().contains("trailing"));
    assert!(annotation("[]").unwrap_err().contains("object"));
    assert!(
        annotation(r#"{"annotations":[]}"#)
            .unwrap_err()
            .contains("'annotations' must be an object")
    );
    assert!(
        annotation(r#"{"annotations":{"k":7}}"#)
            .unwrap_err()
            .contains("'k' must be a string")
    );
    assert!(
        string_members(b"{\"a\":\"\xff\"}", None, &[])
            .unwrap_err()
            .to_string()
            .contains("UTF-8 at byte 6")
    );
}

#[test]
fn every_prefix_of_a_document_is_cut_short() {
    let text = r#"{"annotations":{"k":"\ud83d\ude00 \u00e9\n"},"a":[1.5e3,true,null,{"b":-0}]}"#;
    assert!(annotation(text).is_ok());
    for end in 0..text.len() {
        let error = annotation(&text[..end]).expect_err("a prefix is not a document");
        // To serde_json, no number yet.
        if ["[1.", "1.5e", ":-"]
            .iter()
            .any(|cut| text[..end].ends_with(cut))
        {
            assert!(error.contains("invalid number"), "{end}: {error}");
            continue;
        }
        assert!(error.contains("cut short"), "{end}: {error}");
        assert!(error.contains(&format!("byte {end} ")), "{end}: {error}");
    }
}

#[test]
fn says_the_position() {
    let error = annotation("{\n  \"a\": 1,\n  \"b\": x\n}").unwrap_err();
    assert!(error.ends_with("at byte 19 (line 3, column 8)"), "{error}");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(annotation(&nested(MAX_DEPTH - 1)).is_ok());
    assert!(
        annotation(&nested(MAX_DEPTH))
            .unwrap_err()
            .contains("nesting")
    );
    assert!(
        annotation(&nested(1_000_000))
            .unwrap_err()
            .contains("nesting")
    );
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(annotation(&objects).unwrap_err().contains("nesting"));
}

/// Any change of one byte of a document ends in an answer, and a position within the text.
#[test]
fn mutations_never_hang_or_panic() {
    let text = r#"{"annotations":{"k":"\ud83d\ude00"},"a":[1.5e3,true,null,{"b":-0}]}"#.as_bytes();
    for at in 0..text.len() {
        for byte in 0..=255 {
            let mut changed = text.to_vec();
            changed[at] = byte;
            if let Err(error) = string_members(&changed, Some("annotations"), &["k"]) {
                assert!(error.offset <= changed.len());
            }
        }
    }
}
