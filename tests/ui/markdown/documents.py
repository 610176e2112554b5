"""A Hypothesis strategy for texts as models write them, with the tricks of an attacker."""

from hypothesis import strategies as st

LINES = [
    *("", "", "", "word", "two words here.", "   indented a little", "    four spaces", "\ttab"),
    *("# Heading", "## With *emphasis*", "###", "Setext", "===", "---", "***", "___"),
    *("- a", "* b", "+ c", "  - nested", "1. one", "2) two", "10. ten", "- [ ] open", "- [x] done"),
    *("> quote", ">> deeper", "> - list in it", "- > quote in it", "  lazy"),
    *("```python", "```", "~~~", "````", "x = 1  # `not` **this**", "1. ```js", "   f()", "   ```"),
    *("| a | b |", "|---|:-:|", "| `x` | **y** |", "| $|x|$ | ![i](http://foreign.example/t) |"),
    *("$$", "x^2 + y^2", "\\[", "\\]", "$$z$$", "$x$ costs $5", "\\(a\\)b \\(the value\\)"),
    *(
        "*em* _em_ **b** ***x*** a*b*c __u__ ~~s~~ ~y~",
        "***<b>",
        "**open",
        "`open",
        "[open",
        "[x](",
    ),
    *(
        "`code` ``a`b`` ` `",
        "\\* escaped \\` \\[x\\](y)",
        "hard  ",
        "break\\",
        "&amp; &lt;b&gt; &#91;a&#93;",
    ),
    *(
        '[link](http://site.example "t")',
        "[r]",
        "[r]: http://ref.example/x",
        "[t][r]",
        "[](http://e.f)",
    ),
    *("<http://auto.example>", "https://bare.example/x?a=1&b=2_c", "www.x.example a@b.example"),
    *(
        "[^1]",
        "[^1]: note",
        "[x](javascript:alert(1))",
        "[x](/here) [y](#there) [z](data:text/html,x)",
    ),
    *(
        "![i](http://foreign.example/i)",
        "[![i](http://foreign.example/j)](http://l.example)",
        "![d](data:x)",
    ),
    *(
        "<img src=http://foreign.example/h>",
        "<script>x</script>",
        "<div>",
        "<!-- c -->",
        "<svg onload=x>",
    ),
    *(
        ":red[x]",
        ":smile: a:b:c 10:30:45",
        ":material/home: `:material/home:`",
        "::video[x]{a=b}",
        ":::note",
    ),
    *(":small[x", "std::vector[int]", "/users/:id{int}", ":streamlit:", ":material_home:"),
    *("$5 to $10", "US$1,000", "$HOME/bin:$PATH", "Pay $5, or 10$", "${A}${B}", "a -> b"),
    *("\u202eesrever", "a\u200bb", "\u2060", "\ufeff", "é ü 中文", "👩\u200d🚀", "\u2028", "\x00"),
    *("```mermaid", "graph TD", "A-->B", 'A@{ img: "http://foreign.example/m" }'),
    *("<think>", "</think>"),
]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a text of such lines, some of them cut."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=10))
    cut = draw(st.integers(0, 9))
    return "\n".join(line[cut:] if draw(st.integers(0, 9)) == 0 else line for line in lines)
