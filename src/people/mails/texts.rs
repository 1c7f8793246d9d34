//! The texts of mails: subject and body in Japanese, やさしい日本語 and English. `{town}` is the municipality, `{link}` the
//! link, `{lines}` what a digest tells.

use crate::people::mails::MailKind;

/// Japanese, やさしい日本語, English; each a subject and a body.
type Template = [(&'static str, &'static str); 3];

pub(super) fn template(kind: MailKind) -> Template {
    match kind {
        MailKind::Invitation => INVITATION,
        MailKind::PasswordReset => PASSWORD_RESET,
        MailKind::PasswordChanged => PASSWORD_CHANGED,
        MailKind::Registration => REGISTRATION,
        MailKind::AlreadyRegistered => ALREADY_REGISTERED,
        MailKind::EmailChange => EMAIL_CHANGE,
        MailKind::EmailChanged => EMAIL_CHANGED,
        MailKind::Digest => DIGEST,
    }
}

const INVITATION: Template = [
    (
        "【{town}】円卓 Entaku への招待",
        "{town}の円卓 Entaku に招待されました。
次のリンクを72時間以内に開いてください。リンクは一度だけ使えます。ほかの人に渡さないでください。

{link}

すでにアカウントをお持ちの方は、サインインしてから招待を受けてください。
心当たりのない方は、このメールを消してください。
",
    ),
    (
        "【{town}】エンタクの あんない",
        "{town}の エンタクへ ようこそ。
下の リンクを おして ください。
3日 すぎると 使えません。
リンクは 1回だけ 使えます。ほかの 人に 見せないで ください。

{link}

わからない 人は、この メールを 消して ください。
",
    ),
    (
        "[{town}] Invitation to Entaku",
        "You are invited to Entaku of {town}.
Please open this link within 72 hours. It works once. Do not pass it on.

{link}

If you have an account already, sign in and then accept the invitation.
If you do not know what this is about, please delete this mail.
",
    ),
];

const PASSWORD_RESET: Template = [
    (
        "【{town}】パスワードの再設定",
        "{town}の円卓 Entaku のパスワードを再設定するリンクです。
1時間以内に開いてください。リンクは一度だけ使え、最後に届いたものだけが有効です。

{link}

心当たりのない方は、このメールを消してください。パスワードは変わりません。
",
    ),
    (
        "【{town}】パスワードを かえる",
        "エンタクの パスワードを かえる メールです。
1時間の うちに 下の リンクを おして ください。
リンクは 1回だけ 使えます。

{link}

わからない 人は、この メールを 消して ください。
パスワードは かわりません。
",
    ),
    (
        "[{town}] Reset your password",
        "This link resets your password at Entaku of {town}.
Please open it within an hour. It works once, and only the newest link works.

{link}

If you did not ask for it, please delete this mail. Your password stays as it is.
",
    ),
];

const PASSWORD_CHANGED: Template = [
    (
        "【{town}】パスワードが変わりました",
        "{town}の円卓 Entaku のパスワードが、メールのリンクから再設定されました。すべての端末でサインインが終わりました。

{link}

心当たりのない方は、すぐに上のリンクからパスワードを再設定し、{town}に連絡してください。
",
    ),
    (
        "【{town}】パスワードが かわりました",
        "あなたの エンタクの パスワードが かわりました。
もう 一度 サインインして ください。

{link}

あなたが かえて いない ときは、{town}に 電話して ください。
",
    ),
    (
        "[{town}] Your password was changed",
        "Your password at Entaku of {town} was reset by a link in a mail. All devices were signed out.

{link}

If it was not you, please reset it at once by the link above and tell {town}.
",
    ),
];

const REGISTRATION: Template = [
    (
        "【{town}】アカウントの登録",
        "{town}の円卓 Entaku のアカウントを作るリンクです。
24時間以内に開き、お名前とパスワードを入力してください。リンクは一度だけ使えます。

{link}

心当たりのない方は、このメールを消してください。アカウントは作られません。
",
    ),
    (
        "【{town}】エンタクに 入る",
        "エンタクに 入る メールです。
1日の うちに 下の リンクを おして ください。
名前と パスワードを 書いて ください。

{link}

わからない 人は、この メールを 消して ください。
",
    ),
    (
        "[{town}] Open your account",
        "This link opens your account at Entaku of {town}.
Please open it within 24 hours and enter your name and a password. It works once.

{link}

If you did not ask for it, please delete this mail. No account is made.
",
    ),
];

const ALREADY_REGISTERED: Template = [
    (
        "【{town}】アカウントはすでにあります",
        "{town}の円卓 Entaku の登録が申し込まれましたが、このメールアドレスのアカウントはすでにあります。
パスワードが分からないときは、次のページから再設定してください。

{link}

心当たりのない方は、このメールを消してください。何も変わりません。
",
    ),
    (
        "【{town}】もう エンタクに 入って います",
        "あなたは もう エンタクに 入って います。
パスワードが わからない ときは、下の リンクを おして ください。

{link}

わからない 人は、この メールを 消して ください。
",
    ),
    (
        "[{town}] You have an account already",
        "Somebody asked for an account at Entaku of {town} with this address, which has one already.
If you forgot your password, you can reset it on this page.

{link}

If it was not you, please delete this mail. Nothing has changed.
",
    ),
];

const EMAIL_CHANGE: Template = [
    (
        "【{town}】メールアドレスの確認",
        "{town}の円卓 Entaku のメールアドレスを、このアドレスに変えるリンクです。
1時間以内に開いてください。リンクは一度だけ使えます。

{link}

心当たりのない方は、このメールを消してください。何も変わりません。
",
    ),
    (
        "【{town}】メールアドレスを かえる",
        "エンタクの メールアドレスを かえる メールです。
1時間の うちに 下の リンクを おして ください。

{link}

わからない 人は、この メールを 消して ください。
",
    ),
    (
        "[{town}] Confirm your address",
        "This link makes this address the one of your account at Entaku of {town}.
Please open it within an hour. It works once.

{link}

If you did not ask for it, please delete this mail. Nothing has changed.
",
    ),
];

const EMAIL_CHANGED: Template = [
    (
        "【{town}】メールアドレスが変わりました",
        "{town}の円卓 Entaku のあなたのアカウントは、別のメールアドレスに変わりました。このアドレスではサインインできません。

心当たりのない方は、すぐに{town}に連絡してください。
",
    ),
    (
        "【{town}】メールアドレスが かわりました",
        "あなたの エンタクの メールアドレスが かわりました。
この アドレスは もう 使えません。

あなたが かえて いない ときは、{town}に 電話して ください。
",
    ),
    (
        "[{town}] Your address was changed",
        "Your account at Entaku of {town} has another address now. This one no longer signs in.

If it was not you, please tell {town} at once.
",
    ),
];

const DIGEST: Template = [
    (
        "【{town}】お知らせのまとめ",
        "{town}の円卓 Entaku で、まだ読んでいないお知らせです。

{lines}

受け取り方は、次のページで種類ごとに変えられます。メールを止めることもできます。
{link}
",
    ),
    (
        "【{town}】エンタクの おしらせ",
        "エンタクから あなたへ おしらせが あります。

{lines}

メールを やめたい 人は、下の リンクを おして ください。
{link}
",
    ),
    (
        "[{town}] Your notifications",
        "These are your unread notifications at Entaku of {town}.

{lines}

You can choose by kind how you are told, and stop these mails, on this page.
{link}
",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::outbox::LINK;
    use crate::people::entity::Language;
    use crate::people::mails::letter;

    #[test]
    fn every_mail_names_the_town_and_has_its_link_last() {
        for kind in MailKind::ALL {
            for language in [Language::Ja, Language::JaEasy, Language::En] {
                let (subject, body) = letter(kind, language, "雲南市", &["{link}{town}".to_owned()]);
                assert!(subject.contains("雲南市") && !subject.contains('{'), "{subject}");
                let linked = kind != MailKind::EmailChanged;
                assert_eq!(body.contains(LINK), linked, "{body}");
                let own = if kind == MailKind::Digest { "\n{link}\n" } else { "\n\n{link}\n\n" };
                assert!(
                    !linked || body.rfind(LINK) == body.rfind(own).map(|at| at + own.find('{').unwrap_or(0)),
                    "{body}"
                );
            }
        }
    }

    /// Short polite sentences, few kanji that are known early.
    #[test]
    fn easy_japanese_is_easy() {
        const KANJI: &str = "人日回下見使消時間一度出入名前書電話";
        for kind in MailKind::ALL {
            let (_, easy) = template(kind)[1];
            let plain = easy.replace("{town}", "").replace("{link}", "").replace("{lines}", "");
            for sentence in plain.split(['。', '\n']).map(str::trim).filter(|s| !s.is_empty()) {
                assert!(sentence.chars().filter(|c| *c != ' ').count() <= 32, "{sentence}");
                let ends = ["です", "ます", "ました", "ません", "ください", "ようこそ"];
                assert!(ends.iter().any(|end| sentence.ends_with(end)), "{sentence}");
            }
            assert_eq!(plain.chars().find(|c| ('一'..='鿿').contains(c) && !KANJI.contains(*c)), None, "{easy}");
        }
    }
}
