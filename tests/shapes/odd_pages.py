"""Notes that are web pages, each with something odd in it that does no harm: any browser shows its words."""

from collections.abc import Mapping

from tests.shapes.pages import FOLDER, without_notes
from tests.shapes.shapes import Files

# Below a question. "sore" and "knee" are shown by each of them.
ODD: Mapping[str, str] = {
    "a stray end of a block": "sore</div>knee",
    "a stray end of a paragraph": "sore</p>knee",
    "a stray end of a mark": "sore</b> knee",
    "a stray end of a table": "sore</td></tr></table>knee",
    "a stray end of the page": "sore</body></html>knee",
    "ends crossed": "<b>sore <i>knee</b> today</i>",
    "a mark inside a word": "sore kn<b>ee</b> and to<i>day</i>",
    "a comment inside a word": "sore kn<!-- x -->ee knee",
    "a soft hyphen inside a word": "sore to&shy;day knee",
    "a word break": "sore to<wbr>day knee",
    "a title in the body": "sore<title>Words of a title</title>knee",
    "a base in the body": '<base href="https://x.example/">sore knee',
    "a meta in the body": '<meta name="keywords" content="a">sore knee',
    "a link in the body": '<link rel="x" href="y">sore knee',
    "a second head": "<head><title>again</title></head>sore knee",
    "a second body": "<body class='x'>sore knee</body>",
    "a style in the body": "<style>p { color: red }</style>sore knee",
    "a script in the body": "<script>var a = 'words';</script>sore knee",
    "paragraphs that never end": "<p>sore<p>knee",
    "entries that never end": "<ul><li>sore<li>knee</ul>",
    "a list that never ends": "<ul><li>sore<li>knee",
    "cells that never end": "<table><tr><td>sore<td>knee<tr><td>x</table>",
    "a table that never ends": "<table><tr><td>sore<td>knee",
    "a mark that never ends": "<b>sore knee",
    "a quotation that never ends": '<a href="x>sore</a> <b class="y">knee</b> sore knee',
    "a tag that never ends": "sore knee <b",
    "a comment": "sore<!-- words of nobody -->knee",
    "a comment that never ends": "sore knee<!-- words of nobody",
    "a comment of an office program": "<!--[if gte mso 9]><xml>w</xml><![endif]-->sore knee",
    "a condition of an office program": "<![if !supportLists]>sore<![endif]> knee",
    "a style that never ends": "sore<style>hip <p>knee",
    "a script that never ends": "sore<script>hip <p>knee</p>",
    "a frame that never ends": "sore<iframe src='x'>hip <p>knee</p>",
    "a row struck out": "sore<table><tr style='text-decoration:line-through'><td>knee</td><td>hip</td></tr></table>",
    "a table struck out": "sore<del><table><tr><td>knee</td></tr></table></del>",
    "struck out by a style": "<style><!-- .x p{text-decoration:line-through} --></style>sore<i class=x><p>knee</p></i>",
    "struck out by who knows what": "<style>p::first-line{text-decoration:line-through}</style>sore<p>knee</p>",
    "a styled element of our own": "<my-x style='text-decoration:line-through'>sore</my-x> knee",
    "a section of data with marks": "sore<![CDATA[<b>knee</b> 5 < 6]]>",
    "a section of data": "<![CDATA[words]]>sore knee",
    "an instruction": "<?xml version='1.0'?>sore knee",
    "a type in the body": "<!DOCTYPE html>sore knee",
    "entities without a semicolon": "sore &amp knee &lt 5 &copy 2024 caf&eacute bar",
    "entities that are none": "sore &unknown; knee R&D AT&T",
    "entities by number": "sore &#107;nee knee &#x6B;nee &#128; &#0; &#xD800;",
    "an entity twice": "sore &amp;lt;b&amp;gt; knee",
    "marks written out": "sore &lt;b&gt;knee&lt;/b&gt;",
    "signs that open nothing": "sore < 5 and knee > 3, x<y, a<=b <3",
    "an address in pointed brackets": "sore <ann@mail.example> knee",
    "a table in a table": "<table><tr><td>sore<table><tr><td>knee</td></tr></table></td></tr></table>",
    "text in a table outside its cells": "<table>sore<tr><td>knee</td></tr></table>",
    "a caption": "<table><caption>sore</caption><tr><th>knee</th></tr></table>",
    "details": "<details><summary>sore</summary>knee</details>",
    "a drawing": "sore<svg><title>t</title><text>in the drawing</text></svg>knee",
    "a formula": "sore <math><mi>x</mi></math> knee",
    "a template": "sore<template>words of nobody</template>knee",
    "without scripts": "sore<noscript>please allow scripts</noscript>knee",
    "a frame": "sore<iframe src='x'>words of nobody</iframe>knee",
    "an object": "sore<object data='x'>instead</object>knee",
    "a film": "sore<video><source src='x'>no film</video>knee",
    "a picture": "sore <img src='x' alt='of the knee'> knee",
    "a choice": "sore <select><option selected>knee<option>hip</select>",
    "a field": "sore <textarea>knee</textarea>",
    "boxes": "<input type=checkbox checked> sore <input type=checkbox> knee",
    "a button": "<button>sore</button>knee",
    "a form": "<form action='x'>sore <label>knee</label></form>",
    "terms": "<dl><dt>sore<dd>knee</dl>",
    "as typed": "<pre>sore\n  knee</pre>",
    "an example": "<xmp>sore <b>knee</b></xmp>",
    "a listing": "<listing>sore knee</listing>",
    "plain text to the end": "sore knee<plaintext>rest <b>x</b>",
    "frames": "<frameset><frame src=x></frameset>sore knee",
    "no frames": "sore<noframes>words of nobody</noframes>knee",
    "struck out": "sore <s>hip</s> knee",
    "struck out to the end": "sore knee <s>hip",
    "hidden": "sore knee<p hidden>words of nobody</p>",
    "not displayed": "sore knee<div style='display:none'>words of nobody</div>",
    "an unknown element": "sore<o:p>&nbsp;</o:p>knee",
    "an element of our own": "<patient-note>sore knee</patient-note>",
    "upper case": "<P>SORE</P><DIV>KNEE</DIV> sore knee",
    "attributes without quotes": "<p class=a id=b>sore<p style=color:red>knee",
    "an attribute twice": "<p id='a' id='b'>sore knee</p>",
    "a slash in a tag": "<p/>sore<br/>knee<b/>",
    "headings deep down": "<h4>sore</h4><h5>knee</h5><h6>x</h6>",
    "a heading that never ends": "sore knee<h4>hip",
    "a heading in a table": "<table><tr><td><h3>sore</h3>knee</td></tr></table>",
    "a second title": "sore<h1>Again</h1>knee",
    "ruby": "<ruby>sore<rp>(</rp><rt>so</rt><rp>)</rp></ruby> knee",
    "right to left": "<bdo dir=rtl>sore</bdo> knee \u202eabc",
    "control characters": "so\x0bre knee\x07 sore",
    "a blank that does not break": "sore&nbsp;knee",
    "a head behind words": "sore knee<head><title>hip</title></head>",
    "a heading in a heading": "sore<h4>hip <h5>x</h5></h4>knee",
    "raised": "10<sup>6</sup> sore H<sub>2</sub>O knee",
    "nothing at all beside": "sore<p></p><div></div><span> </span>knee",
}
HEAD = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Séance</title></head>'
    "<body><h1>Séance</h1><h2>Felt</h2><h3>How</h3>"
)
FIRST = 5000


def odd_pages() -> dict[str, bytes]:
    """By path, a page with each oddity. Their ids go up from `FIRST`."""
    return {
        f"{FOLDER}/2024-03-04 Odd [{number}].html": f"{HEAD}{ODD[name]}</body></html>".encode("utf-8", "surrogatepass")
        for number, name in enumerate(ODD, start=FIRST)
    }


def export() -> Files:
    return {**without_notes(), **odd_pages()}
