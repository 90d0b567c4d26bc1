"""The sign-in page's texts, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from coursebot.types import Language

TEXTS: Mapping[Language, Mapping[str, str]] = {
    Language.EN: {
        "title": "Sign in",
        "name": "Name",
        "password": "Password",
        "send": "Sign in",
        "wrong": "Name or password is wrong.",
        "wait": "Too many tries. Try again in {minutes} min.",
        "openid": "Sign in with your school's account",
        "openid_failed": "Signing in with the school's account did not work. Try again.",
        "broken": "Nobody can sign in now; the server's log has the reason.",
        "done": "You are signed in as {name}.",
        "out": "Sign out",
        "on": "Go on",
        "closed": "Nobody can sign in here.",
        "closed_hint": "Who runs this server adds people with: coursebot people add NAME",
        "other": "日本語",
        "lost": "Please begin at the page itself, and send the form from there.",
    },
    Language.JA: {
        "title": "サインイン",
        "name": "名前",
        "password": "パスワード",
        "send": "サインイン",
        "wrong": "名前またはパスワードが違います。",
        "wait": "試行が多すぎます。{minutes}分後にもう一度お試しください。",
        "openid": "学校のアカウントでサインイン",
        "openid_failed": "学校のアカウントでサインインできませんでした。もう一度お試しください。",
        "broken": "現在サインインできません。理由はサーバーのログにあります。",
        "done": "{name}としてサインインしています。",
        "out": "サインアウト",
        "on": "続ける",
        "closed": "ここではサインインできません。",
        "closed_hint": "サーバーの管理者は coursebot people add NAME で利用者を追加します。",
        "other": "English",
        "lost": "ページを開き直して、そこから送信してください。",
    },
}
