"""Question ▶ what it asks for: a duration, a number, a command, a list, yes or no, …."""

# ruff: noqa: E501 - a pattern is data and reads best in one row

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from coursebot.answer.concepts import concepts
from coursebot.answer.units import NUMBER_WORDS, UNIT_OF_FORM, UNITS, Dimension
from coursebot.terms import terms
from coursebot.types import Language


class Wanted(StrEnum):
    """The kind of answer that a question asks for."""

    DURATION = "duration"
    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    COMMAND = "command"
    YESNO = "yesno"
    PLACE = "place"
    LIST = "list"
    LINK = "link"
    DEFINITION = "definition"
    HOWTO = "howto"
    REASON = "reason"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read."""

    text: str
    """As it was asked."""
    language: Language
    wanted: Wanted
    """The likeliest kind of answer."""
    plausible: frozenset[Wanted]
    """Every kind that its words allow, ``wanted`` included."""
    dimension: Dimension | None = None
    """What the wanted quantity measures, where the question tells."""
    unit: str = ""
    """Key of the unit that the question names (何日 ▶ ``day``)."""
    count: int | None = None
    """How many items are asked for (「2つ挙げて」 ▶ 2)."""
    terms: frozenset[str] = field(default_factory=frozenset)
    """Words and character bigrams, normalised."""
    concepts: frozenset[str] = field(default_factory=frozenset)
    """Common words in either language (``default``, ``maximum``)."""


_W = Wanted
_D = Dimension

_RULES: tuple[tuple[Wanted, str], ...] = (
    (
        _W.LINK,
        r"(?:リンク|url|参考資料|参考ページ|ドキュメント)(?:は|を|が|って|先|$|を教え|ある|あります)|どこを(?:読|見)めば|詳しく(?:は|知り|読)|公式(?:の)?(?:ページ|資料|ドキュメント)"
        r"|\blinks? (?:to|for|about|on)\b|(?:give|send|show|any|have) .*\blinks?\b|\burl\b|read (?:on|more|about)|documentation (?:for|on|about|page)|learn more|official doc",
    ),
    (
        _W.REASON,
        r"なぜ|なんで|どうして|理由|^why\b|\bwhy (?:is|are|does|do|did|not|was|should|must|can)|\breason\b|what for\b",
    ),
    (
        _W.COMMAND,
        r"コマンド|オプション|フラグ(?:は|を)|サブコマンド|(?<!who )\bcommands?\b|\boption (?:makes|lets|does|shows|to|of)|which (?:option|flag|switch)|what (?:option|flag|switch)|command line",
    ),
    (
        _W.LIST,
        r"(?:すべて|全部|列挙|挙げ|一覧|どれとどれ|何と何|種類は(?:何が|どんな)|何がありますか|何がある|どんなもの?が|(?:どんな|どの|何の).{0,10}が(?:あります|ある)|それぞれ)"
        r"|(?:[2-9二三四五六七八九]|１０|10)(?:つ|個|種類|段階|要素|人|点)(?:の.{0,12})?(?:は|を|って|とは|挙げ|教え|何|言)(?!まで)"
        r"|^(?:what|which) (?:are |were )?(?:the )?(?:two|three|four|five|six|seven|eight|\d) |^(?:list|name|enumerate)\b|\bwhat are\b|\bwhat (?:[a-z-]+ ){1,3}are there\b|\bwhat kinds\b|\bwhich (?:two|three|four|five|six|[a-z]+ )?(?:kinds|types|formats|fields|regions|languages|steps|browsers|operating sys?tems|editions|plans|tiers|systems|file types|roles)\b|\bwhat (?:two|three|four|five) ",
    ),
    (
        _W.PLACE,
        r"どこ(?:で|から|に|を|へ|の|まで|$|か|だ|です|？|\?)|場所|どの(?:画面|メニュー|ページ|フォルダ|タブ)|保存先|置き場|パスは|^where\b|\bwhere (?:do|can|is|are|in|does|to|should|on|did|would|must)\b|which (?:menu|screen|page|tab|folder|directory|path)|what (?:path|directory|folder|menu)",
    ),
    (
        _W.DATE,
        r"いつ(?!まで(?:も|に切|残))|何月|何日(?:に|締|付)|何曜日|何年(?:に|の)|何時(?:に|から|まで|ま|で|です|？|$)|日付|締め?切りは?|^when\b|\bwhat (?:date|day|year|month|time)\b|\bwhich (?:date|day|year|month|weekday)|\bin (?:what|which) year|deadline|by when|until when|\bsince when",
    ),
    (
        _W.DURATION,
        r"何(?:秒|分(?!の)|時間|日間?|週間?|[かヶカ]月|年間?|営業日)|どの?(?:く|ぐ)らいの?(?:時間|期間|間|長)|いつまで|期間は|期限は|有効期[限間]|所要時間|寿命|間隔|日数|猶予|(?:どの|どれ)(?:く|ぐ)らい(?:で|の間|放|試)|(?:時間|秒数|日数|分数)は"
        r"|どれ(?:く|ぐ)らい(?:待|かか|持|も[ちつ]|残|保|続|有効)|\bhow (?:long|soon|often|quick|quickly|frequently)\b|\bhow many (?:more )?(?:\w+ )?(?:seconds|minutes|hours|days|weeks|months|years|nights)\b|\bwhat (?:ttl|timeout|interval)|time-?out\b|\bretention\b|\blifetime\b|for how|after how|\bhow (?:old|far back|far ahead|far in advance|early|late)\b|expir|validity|grace period|\bttl\b|\brto\b|\brpo\b",
    ),
    (
        _W.NUMBER,
        r"いくつ|いくら|何(?:人|名|個|台|件|回|枚|本|文字|桁|世代|種類|ページ|行|か所|ヶ所|カ所|箇所|拠点|バイト|ビット|ギガ|メガ|テラ|gb|mb|tb|kb|円|ドル|%|パーセント|割|点|度|番|倍|メートル|センチ|ミリ|キロ|グラム|リットル|ボルト|ワット|アンペア|通|冊|社|校|問|段|単位|つ|歳|px|問中|hz|dpi|g\b|v\b|w\b)"
        r"|どれだけ|どこまで(?:大き|増|の)|どの?(?:く|ぐ)らい|どれ(?:く|ぐ)らい|上限|下限|最大|最小|値段|料金|価格|費用|(?:数|率|量|額|値|サイズ|容量|速度|温度|高さ|重さ|濃度|確率)は(?:$|何|ど|い|？|\?)|ポート番号|バージョンは"
        r"|\bhow (?:many|much|large|big|fast|heavy|high|wide|tall|deep|far|hot|warm|cold|thick|small|expensive)\b|\bwhat (?:is the )?(?:percentage|percent|size|price|port|number|rate|limit|share|score|fraction|proportion|temperature|resolution)\b|\b(?:cost|price|fee|fine|charge|limit|cap|maximum|minimum|longest|largest|smallest|highest|lowest|max|min|tolerance|size|number) of\b|\bport (?:number|does|is)|\bwhich port|version (?:number|of|is)|\bwhich version|\bhow few|\b(?:longest|maximum|minimum|highest|lowest|ceiling|cut-?off|largest|smallest)\b|割合|\b(?:price|size)\b|\bfees?\b|上限|下限",
    ),
    (
        _W.HOWTO,
        r"どうやって|どうすれば|どうしたら|方法|やり方|手順|するには|には(?:？|\?|$|どう)|どう(?:し|や|操作)|\bhow (?:do|can|would|should|to|does one|am)\b|^what(?:'s| is) the (?:way|procedure|step)",
    ),
    (
        _W.NAME,
        r"誰|だれ|どなた|名前|名称|何という|なんという|何と(?:呼|い)|なんて(?:呼|い)|なんと(?:呼|い)|呼び(?:名|方|ます)|呼ばれ|どの|どれ|どちら|どっち|\bwho\b|\bwhom\b|\bwhose\b|\bwhich\b|called\b|\bname (?:of|for)\b|\bwhat name\b|\bterm for\b|\bstand for\b|^what (?!is\b|are\b|does\b|do\b|happens\b|if\b|should\b)\w+",
    ),
    (
        _W.DEFINITION,
        r"とは(?:何|$|？|\?|なに|どんな|どういう)|って(?:何|なに)(?:$|？|\?|で|の|な)|意味|とはどう|^what(?:'s| is| are) (?:an? |the )?[\w .-]+\??$|\bdefinition of\b|what does [\w .-]+ mean|^define\b|^explain\b",
    ),
)
_COMPILED = tuple((wanted, re.compile(pattern)) for wanted, pattern in _RULES)

_YESNO = re.compile(
    r"^(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have|am|need|so,? (?:is|can|do|are))\b"
    r"|(?:, | so )(?:is|are|do|does|can|may|must|should|will) (?:i|it|we|they|you|there|that|the)\b[^,]*\?$"
    r"|(?:ます|ました|ません|です|でした|ない|る|た|い|だ|よ|む|う|く|す|つ|ぬ|ぶ|ぐ|可|可能|必要|必須|OK|ok|有効|無効|オン|オフ)(?:よ)?(?:ね|か|の|のか|んですか|のですか|のでしょうか|でしょうか|かな|っけ)?[?？。]*$"
)
_ASKS = re.compile(
    r"何|なに|なん(?:て|で|の)|いつ|どこ|どう|どの|どれ|どちら|どっち|どんな|誰|だれ|どなた|いくつ|いくら|なぜ|教え|挙げ|\b(?:what|which|who|whom|whose|when|where|why|how)\b|知りたい|ください|お願い|説明"
)
_EITHER = re.compile(r" or (?!not|more|less|higher|later)|それとも|どちら")

_DIMENSIONS: tuple[tuple[Dimension, str], ...] = (
    (_D.PORT, r"何番ポート|ポート(?:番号|は|って|$|を|で|の)|どの?ポート|\bport\b(?! forward)"),
    (
        _D.PERCENT,
        r"何%|何パーセント|何割|割合|率は|\bpercent|\bwhat (?:share|fraction|proportion)|\brate\b|網羅率|稼働率",
    ),
    (
        _D.MONEY,
        r"いくら(?!で)|何円|何ドル|料金|値段|価格|費用|罰金|給料|手当|月額|時給|\bhow much (?:is|does .* cost|do .* pay|money|would|will .* cost)|\bcosts?\b|\bprices?\b|\bfees?\b|\bfine\b|\bpay\b|\bcharge[ds]?\b|\byen\b|allowance",
    ),
    (_D.SPEED, r"速度|速さ|何bps|gbps|mbps|帯域|iops|\bhow fast\b|throughput|bandwidth|\bspeed\b"),
    (
        _D.SIZE,
        r"何(?:バイト|ギガ|メガ|テラ|gb|mb|tb|kb|ビット)|容量|サイズ|\bhow (?:large|big)\b|\bsize\b|\bgigabytes\b|\bmegabytes\b|\bbytes\b|\bbits\b|\bgb\b|\bmb\b|disk space|\bmemory\b|メモリ|\bstorage\b",
    ),
    (_D.TEMPERATURE, r"温度|気温|何℃|摂氏|\btemperature|\bhow (?:hot|warm|cold)\b"),
    (_D.ANGLE, r"角度|何度の|\bangle|\bdegrees\b"),
    (_D.WEIGHT, r"重さ|重量|何(?:kg|キロ|グラム|g\b)|体重|\bhow heavy\b|\bweigh|\bgrams\b|\bkilo"),
    (
        _D.LENGTH,
        r"何(?:メートル|センチ|ミリ|cm|mm|km|m\b)|高さ|\bhow (?:tall|wide|high|deep|far|thick) |\bmetres\b|\bdistance\b|距離",
    ),
    (
        _D.VERSION,
        r"どのバージョン|バージョンは|何版|\bwhich version|\bversion (?:number|of|is|does|do)\b",
    ),
    (_D.TIME, r"何時(?!間)|\bwhat time\b|\bat what hour"),
    (
        _D.COUNT,
        r"何(?:人|名|個|台|件|回|枚|本|文字|桁|世代|種類|ページ|行|か所|ヶ所|カ所|箇所|拠点|通|冊|社|校|問|段|単位|つ)|いくつ|人数|回数|件数|台数|文字数|\bhow many\b|\bnumber of\b",
    ),
)
_DIMENSION = tuple((dimension, re.compile(pattern)) for dimension, pattern in _DIMENSIONS)
_JA_FORMS = "|".join(
    sorted((form for unit in UNITS for form in unit.japanese), key=lambda form: (-len(form), form))
)
_WHAT_UNIT = re.compile(rf"何({_JA_FORMS})")
_MANY_UNIT = re.compile(r"how many (?:[\w-]+ )?(\w+)")
_COUNT = re.compile(
    rf"(?P<ja>[2-9二三四五六七八九])(?:つ|個|種類|段階|人)(?!まで|以)"
    rf"|(?:what|which|name|list|the)(?: are)?(?: the)? (?P<en>{'|'.join(NUMBER_WORDS)}|[2-9])\b"
)
_KANJI = "〇一二三四五六七八九"
_QUANTIFIED = frozenset({_W.DURATION, _W.NUMBER, _W.DATE})


def analyse(question: str, language: Language) -> Question:
    """Return what ``question`` asks for; never fails, whatever the text."""
    plain = " ".join(unicodedata.normalize("NFKC", question).casefold().split())
    found = [wanted for wanted, pattern in _COMPILED if pattern.search(plain)]
    asks_for_link = found[:1] == [_W.LINK]
    if _YESNO.search(plain) and not (_EITHER.search(plain) or asks_for_link):
        asks = _ASKS.search(plain)
        english = re.match(r"(?:[a-z]+)\b", plain) is not None and _YESNO.match(plain)
        if english or not asks:
            found = [_W.YESNO, *(w for w in found if w in _QUANTIFIED)]
    dimension, unit = _measure(plain, found)
    if not found:
        found = [_W.OTHER]
    if asks_for_link and (measured := [w for w in found if w in _QUANTIFIED]):
        found.insert(0, measured[0])
    if found[0] is _W.NUMBER and dimension is _D.DURATION:
        found[0] = _W.DURATION
    if found[0] in (_W.LIST, _W.PLACE, _W.NAME) and unit and "何と何" not in plain:
        found.insert(0, _W.DURATION if dimension is _D.DURATION else _W.NUMBER)
    return Question(
        text=question,
        language=language,
        wanted=found[0],
        plausible=frozenset(found),
        dimension=dimension,
        unit=unit,
        count=_count(plain),
        terms=frozenset(terms(question)),
        concepts=concepts(question),
    )


def _measure(plain: str, found: list[Wanted]) -> tuple[Dimension | None, str]:
    """Return dimension and unit of the quantity asked for."""
    match = _WHAT_UNIT.search(plain)
    if match is None and (match := _MANY_UNIT.search(plain)) and match[1] not in UNIT_OF_FORM:
        match = re.search(r"how many (\w+)", plain)
    if match and (unit := UNIT_OF_FORM.get(match[1])):
        if _W.DATE in found and found[0] is _W.DATE and unit.key in ("day", "year"):
            return _D.DATE, ""
        return unit.dimension, unit.key
    if found and found[0] is _W.DATE:
        return _D.TIME if _DIMENSION[10][1].search(plain) else _D.DATE, ""
    if found and found[0] is _W.DURATION:
        return _D.DURATION, ""
    if not _QUANTIFIED & set(found):
        port = _DIMENSION[0][1].search(plain)
        return (_D.PORT if port else None), ""
    for dimension, pattern in _DIMENSION:
        if pattern.search(plain):
            return dimension, ""
    return (_D.DURATION if _W.DURATION in found else None), ""


def _count(plain: str) -> int | None:
    match = _COUNT.search(plain)
    if not match:
        return None
    word = match["ja"] or match["en"]
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    return _KANJI.index(word) if word in _KANJI else int(word)
