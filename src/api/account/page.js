// What a link in a mail leads to. The secret stands behind the `#`: it is taken out of the address bar at once, kept in
// this page alone, and sent with the mutation.
"use strict";

const japanese = (navigator.language || "ja").startsWith("ja");
const say = (ja, en) => (japanese ? ja : en);
const fragment = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
// Another link in the same tab changes the fragment alone.
addEventListener("hashchange", () => location.reload());

const FIELDS = {
  municipality: { label: say("団体コード(6桁)", "Local government code (6 digits)"), type: "text", autocomplete: "off" },
  email: { label: say("メールアドレス", "E-mail address"), type: "email", autocomplete: "email" },
  name: { label: say("氏名", "Name"), type: "text", autocomplete: "name" },
  nameKana: { label: say("氏名のふりがな", "Name in kana"), type: "text", autocomplete: "off" },
  password: {
    label: say("パスワード(12文字以上)", "Password (at least 12 characters)"),
    type: "password",
    autocomplete: "new-password",
  },
};

const person = (name) => ({
  fields: ["name", "nameKana", "password"],
  query: `mutation($token: String!, $name: String!, $nameKana: String!, $password: String!) {
    done: ${name}(input: {token: $token, name: $name, nameKana: $nameKana, password: $password}) { sessionExpiresAt } }`,
  done: say("アカウントができました。サインインしてください。", "Your account is made. Please sign in."),
});

const PAGES = {
  inv: { ...person("invitationAccept"), title: say("招待を受ける", "Accept the invitation") },
  reg: { ...person("accountRegistrationConfirm"), title: say("アカウントの登録", "Open your account") },
  rst: {
    title: say("パスワードの再設定", "Reset your password"),
    fields: ["password"],
    query: "mutation($token: String!, $password: String!) { done: passwordResetConfirm(token: $token, new: $password) { changedAt } }",
    done: say("パスワードが変わりました。サインインしてください。", "Your password was changed. Please sign in."),
  },
  eml: {
    title: say("メールアドレスの確認", "Confirm your address"),
    fields: [],
    query: "mutation($token: String!) { done: emailChangeConfirm(token: $token) { changedAt } }",
    done: say("メールアドレスが変わりました。", "Your address was changed."),
  },
  "password-reset": {
    title: say("パスワードの再設定", "Reset your password"),
    fields: ["municipality", "email"],
    query: "mutation($email: String!) { done: passwordResetRequest(email: $email) { validUntil } }",
    done: say("登録のあるアドレスには、リンクをメールで送りました。", "If the address has an account, a link was sent to it."),
  },
  register: {
    title: say("アカウントの登録", "Open an account"),
    fields: ["municipality", "email"],
    query: `mutation($email: String!) { done: accountRegister(email: $email, language: ${say("JA", "EN")}) { validUntil } }`,
    done: say("リンクをメールで送りました。", "A link was sent to you."),
  },
  notifications: {
    title: say("お知らせの受け取り方", "How you are told"),
    lead: say(
      "サインインして、手続き「お知らせの受け取り方を種類ごとに決める」で、種類ごとにメールを止められます。",
      "Sign in and choose by kind how you are told, in the procedure notificationChoiceSet.",
    ),
  },
};

const parts = fragment.split(".");
const page = PAGES[parts[0]] || {
  title: say("リンクが正しくありません", "This link is not complete"),
  lead: say("メールのリンクを、もう一度開いてください。", "Please open the link in the mail again."),
};
const known = parts.length === 4 ? { municipality: parts[1], token: fragment } : {};

const [title, lead, form, result] = ["title", "lead", "form", "result"].map((id) => document.getElementById(id));
document.documentElement.lang = japanese ? "ja" : "en";
title.textContent = page.title;
lead.textContent = page.lead || "";

if (page.query && (known.token || page.fields.includes("municipality"))) {
  for (const name of page.fields) {
    const { label, ...rest } = FIELDS[name];
    const above = document.createElement("label");
    const input = Object.assign(document.createElement("input"), rest, { id: name, name, required: true });
    Object.assign(above, { htmlFor: name, textContent: label });
    form.append(above, input);
  }
  form.append(Object.assign(document.createElement("button"), { textContent: say("送る", "Send") }));
  form.hidden = false;
  form.addEventListener("submit", send);
} else {
  const link = Object.assign(document.createElement("a"), { href: "/playground", textContent: say("サインイン", "Sign in") });
  result.append(link);
}

async function send(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  const { municipality, ...variables } = { ...known, ...Object.fromEntries(new FormData(form)) };
  button.disabled = true;
  result.className = "";
  result.textContent = "";
  try {
    const answer = await fetch("/graphql", {
      method: "POST",
      credentials: "omit",
      headers: { "content-type": "application/json", accept: "application/json", "entaku-municipality": municipality },
      body: JSON.stringify({ query: page.query, variables }),
    });
    tell(await answer.json());
  } catch {
    complain(say("つながりません。しばらくしてからお試しください。", "No connection. Please try again later."));
  }
  button.disabled = false;
}

function tell({ errors }) {
  if (!errors) {
    form.hidden = true;
    result.textContent = page.done;
    return;
  }
  const [{ message, extensions }] = errors;
  if (extensions.code === "UNAUTHENTICATED") {
    complain(say("リンクは使われたか、期限が過ぎています。", "The link was used already, or its time is over."));
  } else if (extensions.reason === "DUPLICATE") {
    complain(
      say(
        "このアドレスのアカウントはすでにあります。サインインして、手続き「招待を受ける」でこの文字列を使ってください: ",
        "This address has an account already. Sign in and use this in the procedure invitationClaim: ",
      ) + (parts[0] === "inv" ? fragment : ""),
    );
  } else {
    complain((extensions.fields || [{ message }]).map((field) => field.message).join(" "));
  }
}

function complain(text) {
  result.className = "bad";
  result.textContent = text;
}
