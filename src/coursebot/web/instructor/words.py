"""The texts of the workbench's frame, in English and Japanese."""

from __future__ import annotations

from coursebot.web.instructor import speech

TEXTS: dict[str, tuple[str, str]] = {
    # the frame
    "workbench": ("Workbench", "ワークベンチ"),
    "skip": ("To the content", "本文へ"),
    "course": ("Course", "コース"),
    "go": ("Go", "移動"),
    "who": ("Logged in as", "ログイン中"),
    "other_language": ("日本語", "English"),
    "learners": ("Learners' page", "受講者ページ"),
    "logout": ("Log out", "ログアウト"),
    "nav.overview": ("Overview", "概要"),
    "nav.golden": ("Golden questions", "正解つき質問"),
    "nav.runs": ("Runs", "評価"),
    "nav.compare": ("Compare", "比較"),
    "nav.inbox": ("Inbox", "受信箱"),
    "nav.bench": ("Test bench", "テストベンチ"),
    "missing": ("There is no such page", "ページがありません"),
    "missing.hint": (
        "The workbench has nothing at this address. Choose a page above.",
        "このアドレスには何もありません。上のメニューからページを選んでください。",
    ),
    # the way in
    "login": ("Log in", "ログイン"),
    "login.password": ("Password", "パスワード"),
    "login.go": ("Log in", "ログイン"),
    "login.about": (
        "The workbench is for instructors. Learners need no password.",
        "ワークベンチは講師用です。受講者にパスワードは要りません。",
    ),
    "login.named": ("Sign in with your name instead", "名前でサインインする"),
    "login.wrong": ("This is not the password.", "パスワードが違います。"),
    "login.wait": (
        "Too many wrong passwords from here. Try again in {n} min.",
        "誤ったパスワードが続いたため受け付けていません。{n}分後にもう一度お試しください。",
    ),
    "ended": ("You are not logged in any more", "ログインの有効期限が切れました"),
    "ended.hint": (
        "Nothing was saved yet. Log in in another tab, then go back and send the page again: what "
        "you typed is still there.",
        "まだ何も保存されていません。別のタブでログインしてから前のページに戻り、もう一度送信して"
        "ください。入力した内容は残っています。",
    ),
    "closed": ("The workbench is closed", "ワークベンチは閉じています"),
    "closed.local": (
        "Without a password it opens only in a browser on the machine that it runs on. To open it "
        "elsewhere, make a password with “coursebot password”, set COURSEBOT_INSTRUCTOR_PASSWORD "
        "and start the server again. Behind a proxy that logs instructors in, set "
        "COURSEBOT_INSTRUCTOR_HEADER.",
        "パスワードが未設定のときは、サーバーと同じマシンのブラウザーでしか開けません。"
        "他から開くには「coursebot password」でパスワードを作り、"
        "COURSEBOT_INSTRUCTOR_PASSWORD を設定してサーバーを再起動してください。"
        "講師を認証するプロキシがある場合は COURSEBOT_INSTRUCTOR_HEADER を設定してください。",
    ),
    "closed.role": (
        "You are signed in as a learner. An admin makes somebody an instructor with “coursebot "
        "people change NAME --role instructor”.",
        "受講者としてサインインしています。管理者は「coursebot people change NAME --role "
        "instructor」で講師にできます。",
    ),
    "closed.proxy": (
        "It is opened through the proxy that logs instructors in: a request must come from an "
        "address in COURSEBOT_TRUSTED_PROXIES and carry the header that "
        "COURSEBOT_INSTRUCTOR_HEADER names.",
        "講師を認証するプロキシを通して開いてください。COURSEBOT_TRUSTED_PROXIES にあるアドレスから"
        "の、COURSEBOT_INSTRUCTOR_HEADER で指定したヘッダーのある要求だけを受け付けます。",
    ),
}
"""English and Japanese by key."""


class Words(speech.Speech):
    """Says these texts in one language; templates know it as ``w``."""

    __slots__ = ()
    texts = TEXTS
