//! Text from people: bounds, and no payment card numbers.

use crate::problem::{Problem, Slug};

/// A text field of 1 to `longest` characters without control characters, trimmed. Refuses payment card numbers.
///
/// `name` is the field's name in the request.
pub(crate) fn required(name: &str, value: &str, longest: usize) -> Result<String, Problem> {
    let value = value.trim();
    let length = value.chars().count();
    if length == 0 || length > longest {
        return Err(Problem::malformed(format!(
            "{name} must have 1 to {longest} characters."
        )));
    }
    if value.chars().any(is_unwanted) {
        return Err(Problem::malformed(format!(
            "{name} must be one line without control characters."
        )));
    }
    refuse_card_number(name, value)?;
    Ok(value.into())
}

/// The same for a field that may be absent; empty counts as absent.
pub(crate) fn optional(name: &str, value: Option<&str>, longest: usize) -> Result<Option<String>, Problem> {
    value
        .filter(|value| !value.trim().is_empty())
        .map(|value| required(name, value, longest))
        .transpose()
}

/// Control characters, and those that nobody sees or that turn the direction of what follows: they make one name look
/// like another. The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
pub(crate) fn is_unwanted(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Refuses a text that holds a payment card number.
pub(crate) fn refuse_card_number(name: &str, value: &str) -> Result<(), Problem> {
    if holds_card_number(value) {
        let detail = format!("{name} seems to hold a payment card number. Those are not accepted here; leave it out.");
        return Err(Problem::new(Slug::CardNumber, detail));
    }
    Ok(())
}

/// Whether 13 to 19 digits, in one group or in several with one space, dot, hyphen or the like between them, begin as
/// payment card numbers do and pass the check of ISO/IEC 7812-1 annex B (Luhn). Other groups may stand before and after
/// them (a date, a code).
pub(crate) fn holds_card_number(text: &str) -> bool {
    let mut digits = Vec::new();
    let mut groups = Vec::new();
    let mut after_digit = false;
    for character in text.chars() {
        if let Some(digit) = decimal_digit(character) {
            if !after_digit {
                groups.push(digits.len());
            }
            digits.push(digit);
            after_digit = true;
        } else if after_digit && is_separator(character) {
            after_digit = false;
        } else {
            if groups_hold_card_number(&digits, &groups) {
                return true;
            }
            digits.clear();
            groups.clear();
            after_digit = false;
        }
    }
    groups_hold_card_number(&digits, &groups)
}

/// A number begins and ends with a group.
fn groups_hold_card_number(digits: &[u32], groups: &[usize]) -> bool {
    groups.iter().enumerate().any(|(index, start)| {
        let ends = groups.iter().skip(index + 1).copied().chain([digits.len()]);
        ends.take_while(|end| end - start <= 19).any(|end| {
            let number = &digits[*start..end];
            // Networks' numbers begin with 2 to 6; times in milliseconds and many serial numbers do not.
            number.len() >= 13 && matches!(number.first(), Some(2..=6)) && luhn(number)
        })
    })
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled @ 10..) => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_separator(character: char) -> bool {
    matches!(
        character,
        ' ' | '.' | '-' | '/' | '_' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{2010}'..='\u{2015}'
    )
}

/// ASCII, full-width and Arabic-Indic digits.
fn decimal_digit(character: char) -> Option<u32> {
    let zero = match character {
        '0'..='9' => '0',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        _ => return None,
    };
    Some(u32::from(character) - u32::from(zero))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_test_numbers_of_every_network() {
        for number in [
            "4111111111111111",
            "4222222222222",
            "5555 5555 5555 4444",
            "3782-822463-10005",
            "6011.1111.1111.1117",
            "30569309025904",
            "6304000000000000000",
            "my card is 4111 1111 1111 1111, thanks",
            "２０２６ ４１１１１１１１１１１１１１１１",
            "12/26 4111111111111111 123",
        ] {
            assert!(holds_card_number(number), "{number}");
        }
    }

    #[test]
    fn lets_other_numbers_pass() {
        for text in [
            "",
            "Room 4111",
            "+41 44 668 18 00",
            "4111111111111112",
            "411111111111111a1",
            "1700000000000 is a time",
            "99994111111111111111",
            "4111  1111  1111  1111 is no number with double spaces",
            "019aaf00-0000-7000-8000-000000000001",
        ] {
            assert!(!holds_card_number(text), "{text}");
        }
    }

    #[test]
    fn keeps_bounds() {
        assert_eq!(required("name", "  Ada  ", 3).unwrap(), "Ada");
        assert_eq!(required("name", "Adam", 3).unwrap_err().slug(), Slug::Malformed);
        assert_eq!(required("name", " ", 3).unwrap_err().slug(), Slug::Malformed);
        assert_eq!(required("name", "A\nB", 3).unwrap_err().slug(), Slug::Malformed);
        for unseen in ["A\u{202e}B", "A\u{200b}B", "A\u{200f}B", "A\u{e0041}B", "A\u{feff}B"] {
            assert_eq!(required("name", unseen, 3).unwrap_err().slug(), Slug::Malformed);
        }
        assert!(required("name", "می\u{200c}نا", 9).is_ok());
        assert_eq!(
            required("name", "4111111111111111", 80).unwrap_err().slug(),
            Slug::CardNumber
        );
        assert_eq!(optional("title", Some(" "), 3).unwrap(), None);
    }

    proptest! {
        #[test]
        fn a_number_is_found_whatever_surrounds_it(
            body in "[2-6][0-9]{11,17}", before in "[a-z ]{0,10}", after in "[a-z ]{0,10}", separator in "[ .-]?",
        ) {
            let digits: Vec<u32> = body.chars().chain(['0']).filter_map(|digit| digit.to_digit(10)).collect();
            let check = (0..10).find(|check| luhn(&[&digits[..digits.len() - 1], &[*check]].concat())).unwrap();
            let number: Vec<String> = body.chars().chain(char::from_digit(check, 10)).map(String::from).collect();
            prop_assert!(holds_card_number(&format!("{before}x{}x{after}", number.join(&separator))), "{number:?}");
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = holds_card_number(&text);
        }
    }
}
