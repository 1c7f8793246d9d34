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
  code: { label: say("確認コード", "One-time code"), type: "text", autocomplete: "one-time-code" },
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
  idl: {
    title: say("市の認証と結び付ける", "Link the town hall's sign-in"),
    lead: say(
      "市の認証でサインインした人を、今サインインしているアカウントに結び付けます。",
      "Whoever has just signed in there is linked to the account you are signed in with here.",
    ),
    fields: [],
    session: true,
    query: "mutation($token: String!) { done: identityLink(token: $token) { id } }",
    done: say("結び付けました。次からは「市の認証で入る」でサインインできます。", "Linked. From now on you can sign in with it."),
  },
  idi: {
    title: say("招待を受ける", "Accept the invitation"),
    fields: ["name", "nameKana"],
    query: `mutation($token: String!, $name: String!, $nameKana: String!) {
      done: invitationAcceptWithIdentity(input: {token: $token, name: $name, nameKana: $nameKana}) { changedAt } }`,
    done: say("アカウントができました。「市の認証で入る」でサインインしてください。", "Your account is made. Please sign in with the town hall's sign-in."),
  },
  "sign-in": {
    title: say("サインイン", "Sign in"),
    fields: ["municipality"],
    button: say("市の認証で入る", "Sign in with the town hall's sign-in"),
    act: ({ municipality }) => begin({ purpose: "SIGN_IN", municipality }),
  },
  sso: outcomes()[fragment.split(".")[1]],
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

// The window that has asked for a fresh proof goes on.
if (fragment === "sso.PROVED") new BroadcastChannel("entaku-sso").postMessage("PROVED");

const [title, lead, form, result] = ["title", "lead", "form", "result"].map((id) => document.getElementById(id));
document.documentElement.lang = japanese ? "ja" : "en";
title.textContent = page.title;
lead.textContent = page.lead || "";

if (page.fields && (known.token || page.act || page.fields.includes("municipality"))) {
  for (const name of page.fields) {
    const { label, ...rest } = FIELDS[name];
    const above = document.createElement("label");
    const input = Object.assign(document.createElement("input"), rest, { id: name, name, required: true });
    Object.assign(above, { htmlFor: name, textContent: label });
    form.append(above, input);
  }
  form.append(Object.assign(document.createElement("button"), { textContent: page.button || say("送る", "Send") }));
  form.hidden = false;
  form.addEventListener("submit", send);
  if (parts[0] === "inv") offerTownSignIn();
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
    if (page.act) await page.act({ municipality, ...variables });
    else tell(await ask(page.query, variables, municipality, page.session ? "same-origin" : "omit"));
  } catch {
    complain(say("つながりません。しばらくしてからお試しください。", "No connection. Please try again later."));
  }
  button.disabled = false;
}

async function ask(query, variables, municipality, credentials) {
  const answer = await fetch("/graphql", {
    method: "POST",
    credentials,
    headers: { "content-type": "application/json", accept: "application/json", "entaku-municipality": municipality },
    body: JSON.stringify({ query, variables }),
  });
  return answer.json();
}

// Where the town has a sign-in of its own, an invitation may be accepted with it, without a password.
async function offerTownSignIn() {
  const { municipality, token } = known;
  const { data } = await ask("{ identityProviders(first: 1) { nodes { id } } }", {}, municipality, "omit");
  if (!data?.identityProviders?.nodes?.length) return;
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    textContent: say("市の認証で受ける(パスワードなし)", "Accept with the town hall's sign-in (no password)"),
  });
  button.addEventListener("click", () => begin({ purpose: "INVITATION", municipality, invitation: token }));
  form.append(button);
}

// Goes to the town hall's sign-in.
function begin(wanted) {
  return go("/sso/start", wanted);
}

async function go(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const { location: next, errors } = await answer.json();
  if (errors) tell({ errors });
  else if (next.startsWith("/account")) location.replace(next);
  else location.assign(next);
}

// What comes of the way to the town hall's sign-in and back.
function outcomes() {
  const title = say("市の認証", "The town hall's sign-in");
  const told = (ja, en) => ({ title, lead: say(ja, en) });
  const broken = told("もう一度はじめからお試しください。", "Please begin again.");
  return {
    CODE: {
      title,
      fields: ["code"],
      act: ({ code }) => go("/sso/finish", { code }),
    },
    PROVED: told("本人であることを確かめました。この画面を閉じて、元の画面で続けてください。", "You have proved who you are. Close this window and go on in the other one."),
    SSO_ATTEMPT: told("このサインインは終わっているか、別の画面で始められています。もう一度はじめからお試しください。", "This sign-in is over or began in another browser. Please begin again."),
    SSO_REFUSED: told("市の認証でサインインできませんでした。", "The town hall's sign-in has let nobody in."),
    SSO_ANSWER: told("市の認証の答えを確かめられません。続くときは管理者に知らせてください。", "The answer of the town hall's sign-in cannot be believed. If this goes on, tell your administrator."),
    SSO_OFF: told("この自治体は市の認証を使っていません。", "This municipality does not use single sign-on."),
    IDENTITY_UNKNOWN: told(
      "この市の認証の ID は、どのアカウントにも結び付いていません。パスワードでサインインして結び付けるか、招待を受けてください。",
      "This identity belongs to no account here. Sign in with your password and link it, or accept an invitation.",
    ),
    IDENTITY_OTHER: told("別の人の市の認証でサインインしています。", "This is somebody else's identity."),
    UNAVAILABLE: told("市の認証が答えません。しばらくしてからお試しください。", "The town hall's sign-in does not answer. Please try again later."),
    UNAUTHENTICATED: told("サインインが終わっています。もう一度サインインしてください。", "Your session is over. Please sign in again."),
    BAD_REQUEST: broken,
    INTERNAL: broken,
  };
}

function tell({ errors }) {
  if (!errors) {
    form.hidden = true;
    result.textContent = page.done;
    return;
  }
  const [{ message, extensions }] = errors;
  if (extensions.code === "UNAUTHENTICATED" && !extensions.reason) {
    complain(say("リンクは使われたか、期限が過ぎています。", "The link was used already, or its time is over."));
  } else if (extensions.reason === "DUPLICATE" && page.session) {
    complain(say("この市の認証の ID か、このアカウントは、すでに結び付いています。", "The identity or the account is linked already."));
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
