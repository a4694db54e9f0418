"""What a reader of an HTML mail does not see: hidden preheaders, tracking pictures."""

from __future__ import annotations

import re

from omnitui.text.web.markup import Tag

_HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0?\.?0+(?:%|\s*(?:;|!|$))|"
    r"(?:font-size|max-height|max-width)\s*:\s*0*\.?0*(?:[01]px)?\s*(?:!important)?\s*(?:;|$)|"
    r"(?:font-size|max-height|max-width|line-height)\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%|cm|mm)?\s*(?:;|!|$)|"
    r"text-indent\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*0)",
    re.I,
)
_COLOUR = re.compile(
    r"(?:^|[;\s])(background(?:-color)?|color)\s*:\s*(#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([^)]{1,40}\))", re.I
)
_SIZE = re.compile(r"(?:^|[;\s])(width|height)\s*:\s*([0-9.]{1,6})px", re.I)
_NUMBER = re.compile(r"\s*(\d{1,5})")


def is_hidden(tag: Tag) -> bool:
    """Whether everything in this element is invisible."""
    if not tag.raw_attributes:
        return False
    attributes = tag.attributes
    if "hidden" in attributes and tag.name != "input":
        return True
    style = attributes.get("style", "")[:2_000]
    if not style:
        return False
    if _HIDING.search(style):
        return not (tag.name in ("table", "tr", "td", "body", "html") and _only_spacing(style))
    colours = {match[1].lower()[:10]: _colour(match[2]) for match in _COLOUR.finditer(style)}
    return "color" in colours and "background" in colours and colours["color"] == colours["background"]


def _only_spacing(style: str) -> bool:
    """Layout cells get a font size or line height of 0 and set it again inside; only stronger signs hide them."""
    return not re.search(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide|opacity|max-height", style, re.I)


def _colour(value: str) -> str:
    value = value.lower().replace(" ", "")
    if value.startswith("#") and len(value) == 4:
        value = "#" + "".join(char * 2 for char in value[1:])
    return {"white": "#ffffff", "black": "#000000"}.get(value, value)


def is_tracker(tag: Tag) -> bool:
    """Whether an image is too small to be seen, or hidden."""
    if is_hidden(tag):
        return True
    sizes = [_NUMBER.match(tag.attribute(name)) for name in ("width", "height")]
    if any(size is not None and int(size[1]) <= 2 for size in sizes):
        return True
    return any(
        float(match[2].strip(".") or "0") <= 2
        for match in _SIZE.finditer(tag.attribute("style")[:2_000])
        if match[2].count(".") <= 1
    )
