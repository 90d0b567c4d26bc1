"""The units, counters and number words of both languages, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Dimension(StrEnum):
    """What a quantity measures."""

    DURATION = "duration"
    COUNT = "count"
    SIZE = "size"
    SPEED = "speed"
    MONEY = "money"
    PERCENT = "percent"
    LENGTH = "length"
    WEIGHT = "weight"
    TEMPERATURE = "temperature"
    ELECTRIC = "electric"
    FREQUENCY = "frequency"
    ANGLE = "angle"
    VOLUME = "volume"
    PIXELS = "pixels"
    DATE = "date"
    TIME = "time"
    VERSION = "version"
    PORT = "port"
    NUMBER = "number"
    """A bare number."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit with its forms; an empty output form means that no rule is sure."""

    key: str
    dimension: Dimension
    japanese: tuple[str, ...] = ()
    """As written after a number; the first is the one that conversions write."""
    english: tuple[str, ...] = ()
    """The first is the singular and the second the plural that conversions write."""
    symbols: tuple[str, ...] = ()
    """Forms that both languages read alike; they are never converted."""


_D = Dimension

UNITS = (
    Unit("nanosecond", _D.DURATION, ("ナノ秒",), ("nanosecond", "nanoseconds"), ("ns",)),
    Unit(
        "microsecond", _D.DURATION, ("マイクロ秒",), ("microsecond", "microseconds"), ("µs", "μs")
    ),
    Unit("millisecond", _D.DURATION, ("ミリ秒",), ("millisecond", "milliseconds"), ("ms",)),
    Unit("second", _D.DURATION, ("秒", "秒間"), ("second", "seconds", "sec", "secs", "s")),
    Unit("minute", _D.DURATION, ("分", "分間"), ("minute", "minutes", "min", "mins")),
    Unit("hour", _D.DURATION, ("時間",), ("hour", "hours", "hrs", "h")),
    Unit("business_day", _D.DURATION, ("営業日",), ("business day", "business days")),
    Unit("working_day", _D.DURATION, ("稼働日",), ("working day", "working days")),
    Unit("day", _D.DURATION, ("日", "日間", "昼夜"), ("day", "days")),
    Unit("week", _D.DURATION, ("週間", "週"), ("week", "weeks")),
    Unit(
        "month",
        _D.DURATION,
        ("か月", "ヶ月", "カ月", "ヵ月", "ケ月", "ｹ月", "箇月", "か月間", "ヶ月間", "カ月間"),
        ("month", "months"),
    ),
    Unit("year", _D.DURATION, ("年", "年間", "か年", "カ年"), ("year", "years")),
    Unit("person", _D.COUNT, ("人", "名", "人分"), ("person", "people", "persons")),
    Unit("user", _D.COUNT, ("ユーザー", "ユーザ"), ("user", "users")),
    Unit("thing", _D.COUNT, ("個", "つ", "コ")),
    Unit("item", _D.COUNT, ("件",), ("item", "items")),
    Unit("time", _D.COUNT, ("回",), ("time", "times")),
    Unit("character", _D.COUNT, ("文字", "字"), ("character", "characters", "chars")),
    Unit("digit", _D.COUNT, ("桁", "けた"), ("digit", "digits")),
    Unit("unit", _D.COUNT, ("台",)),
    Unit("sheet", _D.COUNT, ("枚",)),
    Unit("long", _D.COUNT, ("本",)),
    Unit("generation", _D.COUNT, ("世代",), ("generation", "generations")),
    Unit("kind", _D.COUNT, ("種類", "種"), ("kind", "kinds", "types")),
    Unit("step", _D.COUNT, ("ステップ",), ("step", "steps")),
    Unit("stage", _D.COUNT, ("段階",), ("stage", "stages")),
    Unit("page", _D.COUNT, ("ページ", "頁"), ("page", "pages")),
    Unit("line", _D.COUNT, ("行",), ("line", "lines")),
    Unit("place", _D.COUNT, ("か所", "ヶ所", "カ所", "箇所"), ("place", "places")),
    Unit("site", _D.COUNT, ("拠点",), ("site", "sites")),
    Unit("device", _D.COUNT, ("デバイス",), ("device", "devices")),
    Unit("question", _D.COUNT, ("問",), ("question", "questions")),
    Unit("point", _D.COUNT, ("点", "ポイント"), ("point", "points")),
    Unit("credit", _D.COUNT, ("単位",), ("credit", "credits")),
    Unit("record", _D.COUNT, ("レコード",), ("record", "records")),
    Unit("zone", _D.COUNT, ("ゾーン",), ("zone", "zones")),
    Unit("file", _D.COUNT, ("ファイル",), ("file", "files")),
    Unit("token", _D.COUNT, ("トークン",), ("token", "tokens")),
    Unit("node", _D.COUNT, ("ノード",), ("node", "nodes")),
    Unit("core", _D.COUNT, ("コア",), ("core", "cores")),
    Unit("fold", _D.COUNT, ("倍",), ("fold", "times as much")),
    Unit("volume_of", _D.COUNT, ("冊", "巻", "社", "校", "組", "匹", "頭", "通", "歳", "杯")),
    Unit("attempt", _D.COUNT, (), ("attempt", "attempts", "tries")),
    Unit("byte", _D.SIZE, ("バイト",), ("byte", "bytes"), ("B",)),
    Unit("octet", _D.SIZE, ("オクテット",), ("octet", "octets")),
    Unit("bit", _D.SIZE, ("ビット",), ("bit", "bits", "-bit")),
    Unit("kilobyte", _D.SIZE, ("キロバイト",), ("kilobyte", "kilobytes"), ("KB", "kB", "KiB")),
    Unit("megabyte", _D.SIZE, ("メガバイト", "メガ"), ("megabyte", "megabytes"), ("MB", "MiB")),
    Unit("gigabyte", _D.SIZE, ("ギガバイト", "ギガ"), ("gigabyte", "gigabytes"), ("GB", "GiB")),
    Unit("terabyte", _D.SIZE, ("テラバイト", "テラ"), ("terabyte", "terabytes"), ("TB", "TiB")),
    Unit("size_letter", _D.SIZE, (), (), ("K", "M", "G", "T", "PB", "PiB")),
    Unit(
        "bit_rate",
        _D.SPEED,
        (),
        (),
        ("bps", "kbps", "Kbps", "Mbps", "Gbps", "Tbps", "MB/s", "GB/s", "Mbit/s", "Gbit/s", "IOPS"),
    ),
    Unit("pace", _D.SPEED, (), (), ("km/h", "m/s", "rpm", "fps", "bpm", "m/s²")),
    Unit("yen", _D.MONEY, ("円",), ("yen", "yen", "JPY")),
    Unit("dollar", _D.MONEY, ("ドル",), ("dollar", "dollars", "USD")),
    Unit("euro", _D.MONEY, ("ユーロ",), ("euro", "euros")),
    Unit("percent", _D.PERCENT, ("パーセント",), ("percent", "percent", "per cent"), ("%",)),
    Unit("tenth", _D.PERCENT, ("割",)),
    Unit("kilometre", _D.LENGTH, ("キロメートル",), ("kilometre", "kilometres"), ("km",)),
    Unit("metre", _D.LENGTH, ("メートル",), ("metre", "metres", "meter", "meters"), ("m",)),
    Unit(
        "centimetre",
        _D.LENGTH,
        ("センチメートル", "センチ"),
        ("centimetre", "centimetres", "centimeter", "centimeters"),
        ("cm",),
    ),
    Unit("millimetre", _D.LENGTH, ("ミリメートル", "ミリ"), ("millimetre", "millimetres"), ("mm",)),
    Unit("length_symbol", _D.LENGTH, (), (), ("µm", "μm", "nm")),
    Unit("inch", _D.LENGTH, ("インチ",), ("inch", "inches")),
    Unit(
        "kilogram",
        _D.WEIGHT,
        ("キログラム", "キロ"),
        ("kilogram", "kilograms", "kilo", "kilos"),
        ("kg", "㎏"),
    ),
    Unit("gram", _D.WEIGHT, ("グラム",), ("gram", "grams"), ("g",)),
    Unit("milligram", _D.WEIGHT, ("ミリグラム",), ("milligram", "milligrams"), ("mg",)),
    Unit("tonne", _D.WEIGHT, ("トン",), ("tonne", "tonnes")),
    Unit("litre", _D.VOLUME, ("リットル",), ("litre", "litres"), ("L", "ℓ")),
    Unit(
        "millilitre",
        _D.VOLUME,
        ("ミリリットル",),
        ("millilitre", "millilitres"),
        ("mL", "ml", "cc"),
    ),
    Unit("celsius", _D.TEMPERATURE, (), ("degrees C",), ("℃", "°C")),
    Unit("degree", _D.ANGLE, ("度",), ("degree", "degrees"), ("°",)),
    Unit("volt", _D.ELECTRIC, ("ボルト",), ("volt", "volts"), ("V", "mV", "kV")),
    Unit(
        "watt", _D.ELECTRIC, ("ワット",), ("watt", "watts"), ("W", "kW", "Wh", "kWh", "VA", "kVA")
    ),
    Unit("ampere", _D.ELECTRIC, ("アンペア",), ("ampere", "amperes"), ("A", "mA", "mAh", "Ah")),
    Unit("ohm", _D.ELECTRIC, ("オーム",), ("ohm", "ohms"), ("Ω", "kΩ", "dB", "dBm")),
    Unit("hertz", _D.FREQUENCY, ("ヘルツ",), ("hertz", "hertz"), ("Hz", "kHz", "MHz", "GHz")),
    Unit("pixel", _D.PIXELS, ("ピクセル", "画素"), ("pixel", "pixels"), ("px", "dpi", "ppi")),
    Unit("port", _D.PORT, ("番ポート", "番"), (), ("/tcp", "/udp")),
    Unit("clock", _D.TIME, ("時",), ("o'clock", "o'clock")),
)

UNIT_OF_FORM = {
    form: unit for unit in UNITS for form in (*unit.japanese, *unit.english, *unit.symbols)
}
UNIT_OF_KEY = {unit.key: unit for unit in UNITS}

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}

KANJI_DIGITS = {
    "〇": 0,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
KANJI_TENS = {"十": 10, "百": 100, "千": 1000}
KANJI_MYRIADS = {"万": 10_000, "億": 100_000_000, "兆": 1_000_000_000_000}


class Bound(StrEnum):
    """How a quantity's number is meant."""

    EXACT = ""
    UP_TO = "up to"
    AT_LEAST = "at least"
    WITHIN = "within"
    UNDER = "under"
    OVER = "over"
    ABOUT = "about"
    EVERY = "every"


BEFORE = {
    "最大": Bound.UP_TO,
    "最長": Bound.UP_TO,
    "最高": Bound.UP_TO,
    "最低": Bound.AT_LEAST,
    "最小": Bound.AT_LEAST,
    "最短": Bound.AT_LEAST,
    "約": Bound.ABOUT,
    "およそ": Bound.ABOUT,
    "up to": Bound.UP_TO,
    "at most": Bound.UP_TO,
    "no more than": Bound.UP_TO,
    "at least": Bound.AT_LEAST,
    "within": Bound.WITHIN,
    "less than": Bound.UNDER,
    "fewer than": Bound.UNDER,
    "under": Bound.UNDER,
    "more than": Bound.OVER,
    "over": Bound.OVER,
    "about": Bound.ABOUT,
    "around": Bound.ABOUT,
    "approximately": Bound.ABOUT,
    "every": Bound.EVERY,
}
AFTER = {
    "以内": Bound.WITHIN,
    "以上": Bound.AT_LEAST,
    "以下": Bound.UP_TO,
    "まで": Bound.UP_TO,
    "未満": Bound.UNDER,
    "を超える": Bound.OVER,
    "超": Bound.OVER,
    "程度": Bound.ABOUT,
    "ほど": Bound.ABOUT,
    "前後": Bound.ABOUT,
    "ごと": Bound.EVERY,
    "or more": Bound.AT_LEAST,
    "or less": Bound.UP_TO,
    "or fewer": Bound.UP_TO,
}
JAPANESE_BOUND = {
    Bound.EXACT: ("", ""),
    Bound.UP_TO: ("最大", ""),
    Bound.AT_LEAST: ("", "以上"),
    Bound.WITHIN: ("", "以内"),
    Bound.UNDER: ("", "未満"),
    Bound.OVER: ("", "超"),
    Bound.ABOUT: ("約", ""),
    Bound.EVERY: ("", "ごと"),
}

PER_JAPANESE = {
    "秒": "second",
    "分": "minute",
    "時間": "hour",
    "時": "hour",
    "日": "day",
    "週": "week",
    "週間": "week",
    "か月": "month",
    "月": "month",
    "年": "year",
    "人": "person",
    "ユーザー": "user",
    "回": "time",
}
PER_PREFIX = {
    "second": "毎秒",
    "minute": "毎分",
    "hour": "毎時",
    "day": "1日",
    "week": "週",
    "month": "月",
    "year": "年",
    "person": "1人",
    "user": "1ユーザー",
}
