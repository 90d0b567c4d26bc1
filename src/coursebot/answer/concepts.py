"""Very common words of course notes in both languages, as concepts that can be compared."""

# ruff: noqa: E501 - a pattern is data and reads best in one row

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CONCEPTS = {
    "default": r"既定|デフォルト|初期|はじめ(?:は|から)|標準|指定しな|何もし|\bdefault|out of the box|initial|unless|never (?:touched|changed)",
    "maximum": r"最大|最長|最高|上限|まで|限度|いくつまで|\bmax|longest|largest|biggest|highest|at most|up to|limit|\bcap\b",
    "minimum": r"最小|最短|最低|下限|以上|\bmin(?:imum)?\b|shortest|smallest|lowest|at least|fewest",
    "price": r"料金|費用|価格|値段|いくら|月額|年額|代金|円|\bprice|\bcosts?\b|\bfee|how much|\bpay\b|charge|¥|\byen\b",
    "retention": r"保存|保持|残[るりす]|保管|\bret(?:ain|ention)|\bkept?\b|\bkeep|\bstor(?:e|age)",
    "month": r"月額|毎月|ひと月|1か月|\bmonth",
    "year": r"年額|毎年|年間|\byear|annual",
    "size": r"サイズ|容量|大きさ|\bsize|capacity|\bdisk|\blarge",
    "length": r"長さ|文字数|\blength|\blong\b",
    "users": r"ユーザー|利用者|人数|何人|人まで|\busers?\b|\bpeople\b|\bmembers?\b",
    "devices": r"端末|デバイス|台数|\bdevices?\b",
    "timeout": r"タイムアウト|切れ|時間切れ|期限|有効|\btime-?out|expir|\bvalid|lifetime|\blast",
    "password": r"パスワード|\bpasswords?\b",
    "retry": r"再試行|リトライ|\bretr(?:y|ies)",
    "failure": r"失敗|間違|誤[っり]|\bfail|wrong|incorrect|\berror",
    "lock": r"ロック|締め出|\block",
    "delete": r"削除|消[すえし]|ごみ箱|\bdelet|\bremov|\bpurge|trash",
    "restore": r"復元|元に戻|復旧|\brestor|recover|undelete|bring back",
    "backup": r"バックアップ|控え|\bback-?ups?\b",
    "interval": r"間隔|おき|ごと|頻度|\binterval|\bevery\b|how often|frequen",
    "first": r"最初|初回|1回目|1つ目|\bfirst\b",
    "later": r"2回目|以降|その後|\bsecond|\blater|after that|afterwards",
    "free": r"無料|タダ|フリー|\bfree\b|no charge",
    "port": r"ポート|\bport",
    "history": r"履歴|\bhistory|\blogs?\b|ログ",
    "log": r"ログ|\blogs?\b",
    "file": r"ファイル|\bfiles?\b",
    "speed": r"速度|速さ|\bspeed|\bfast|throughput|bandwidth|帯域",
    "recommended": r"推奨|おすすめ|すすめ|望ましい|\brecommend|\bsuggest|\bshould",
    "standard": r"標準|\bstandard",
    "pass": r"合格|修了|正解|\bpass",
    "percent": r"割合|率|何%|何パーセント|\bpercent|\brate|\bshare",
    "version": r"バージョン|版|\bversion",
    "support": r"サポート|問い合わせ|対応|\bsupport|\brespon",
    "closed": r"終了|完了|閉じ|\bclosed?\b",
    "wait": r"待[つちた]|\bwait",
    "start": r"開始|起動|始ま|\bstart|\bbegin|\bboot",
    "stop": r"停止|止[まめ]|終了|\bstop|\bshut",
    "create": r"作成|作[るっり]|新規|\bcreat|\bmake|\bnew\b",
    "trial": r"試用|お試し|トライアル|\btrial",
    "weight": r"重[さいみ]|重量|\bweigh|\bheav",
    "temperature": r"温度|気温|何度|\btemperature|\bwarm|\bhot\b|\bcold",
    "deadline": r"締め?切|期限|いつまで|\bdeadline|\bdue\b|by when|until when|no later",
    "before": r"前[にまはの]|\bbefore|in advance|ahead",
    "after": r"[後あ]と?[はにで]|から|\bafter|since",
    "change": r"変更|変え|\bchang|\bswitch",
    "apply": r"申請|申[しす]|\bapply|\bapplication|\brequest",
    "review": r"レビュー|見直|\breview",
    "exam": r"試験|テスト|\bexam|\btest|\bquiz",
    "parallel": r"同時|並列|並行|\bparallel|concurren|at once|simultaneous|at the same time",
    "cache": r"キャッシュ|\bcach",
    "upload": r"アップロード|添付|\bupload|\battach",
    "characters": r"文字|\bcharacters?\b|\bletters?\b",
    "node": r"ノード|\bnodes?\b",
    "replica": r"レプリカ|複製|\breplica|\bcop(?:y|ies)",
    "session": r"セッション|\bsession",
    "token": r"トークン|\btoken",
    "key": r"鍵|キー|\bkeys?\b",
    "certificate": r"証明書|\bcert",
    "account": r"アカウント|\baccount",
    "answer": r"回答|返信|応答|\banswer|\breply|\brepl|\brespon",
}
_MARK = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _CONCEPTS.items()))
_PATTERNS = {name: re.compile(pattern) for name, pattern in _CONCEPTS.items()}


def concepts(text: str) -> frozenset[str]:
    """Return the names of the concepts that ``text`` speaks of, in either language."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not _MARK.search(plain):
        return frozenset()
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(plain))


of_line = lru_cache(maxsize=4096)(concepts)
"""The same, remembered: the course's lines are candidates of many questions."""
