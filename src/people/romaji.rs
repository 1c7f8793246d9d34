//! Kana in Latin letters, as people type their town's name (修正ヘボン式, long vowels left out).

/// Kana and what each reads as; pairs first.
const SOUNDS: &str = "きゃkya きゅkyu きょkyo しゃsha しゅshu しょsho ちゃcha ちゅchu ちょcho にゃnya にゅnyu にょnyo \
    ひゃhya ひゅhyu ひょhyo みゃmya みゅmyu みょmyo りゃrya りゅryu りょryo ぎゃgya ぎゅgyu ぎょgyo じゃja じゅju じょjo \
    びゃbya びゅbyu びょbyo ぴゃpya ぴゅpyu ぴょpyo あa いi うu えe おo かka きki くku けke こko さsa しshi すsu せse そso \
    たta ちchi つtsu てte とto なna にni ぬnu ねne のno はha ひhi ふfu へhe ほho まma みmi むmu めme もmo やya ゆyu よyo \
    らra りri るru れre ろro わwa をo んn がga ぎgi ぐgu げge ごgo ざza じji ずzu ぜze ぞzo だda ぢji づzu でde どdo \
    ばba びbi ぶbu べbe ぼbo ぱpa ぴpi ぷpu ぺpe ぽpo";

/// Hiragana or katakana in Latin letters; what is neither is left out.
pub(crate) fn romaji(kana: &str) -> String {
    let mut rest: String = kana.chars().map(hiragana).collect();
    let (mut latin, mut doubled) = (String::new(), false);
    while let Some(first) = rest.chars().next() {
        let sound = SOUNDS.split_whitespace().find_map(|sound| {
            let at = sound.find(|c: char| c.is_ascii())?;
            rest.starts_with(&sound[..at]).then(|| (at, &sound[at..]))
        });
        let (taken, sound) = sound.unwrap_or((first.len_utf8(), ""));
        if doubled {
            latin.extend(sound.chars().next().map(|c| if c == 'c' { 't' } else { c }));
        }
        doubled = first == 'っ';
        latin += sound;
        rest.drain(..taken);
    }
    latin
}

fn hiragana(c: char) -> char {
    const STEP: u32 = 'ァ' as u32 - 'ぁ' as u32;
    let moved = ('ァ'..='ヶ').contains(&c).then(|| char::from_u32(c as u32 - STEP)).flatten();
    moved.unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towns_are_typed_like_this() {
        let towns = [
            ("うんなん", "unnan"),
            ("おみたま", "omitama"),
            ("にいみ", "niimi"),
            ("ソウジャ", "souja"),
            ("さっぽろ", "sapporo"),
            ("いっちょう", "itchou"),
        ];
        for (kana, latin) in towns {
            assert_eq!(romaji(kana), latin);
        }
    }
}
