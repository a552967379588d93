# SPDX-License-Identifier: ISC
# Reads C files in our form: a function begins in column 0 with its declarator, its body with { alone
# on a line and ends with } in column 0; blocks are indented by tabs. Prints one line for each breach:
# RULE FILE:LINE: DETAIL. Run by limits.t, which knows the exceptions.

function breach(rule, line, detail) {
	printf "%s %s:%d: %s\n", rule, FILENAME, line, detail
}

# The line without comments and without what stands in quotes. Comments may go over lines.
function code_of(s,    out, c, i, n, quote) {
	n = length(s)
	quote = ""
	out = ""
	for (i = 1; i <= n; i++) {
		c = substr(s, i, 1)
		if (in_comment) {
			if (substr(s, i, 2) == "*/") {
				in_comment = 0
				i++
			}
		} else if (quote != "") {
			if (c == "\\")
				i++
			else if (c == quote) {
				quote = ""
				out = out c
			}
		} else if (substr(s, i, 2) == "/*") {
			in_comment = 1
			i++
		} else if (c == "\"" || c == "'") {
			quote = c
			out = out c
		} else
			out = out c
	}
	sub(/[ \t]+$/, "", out)
	return out
}

# Columns with tabs to the next multiple of 8; UTF-8 continuation bytes take none.
function columns(s,    i, n, col, c) {
	n = length(s)
	col = 0
	for (i = 1; i <= n; i++) {
		c = substr(s, i, 1)
		if (c == "\t")
			col += 8 - col % 8
		else if (c < "\200" || c > "\277")
			col++
	}
	return col
}

function file_ends() {
	if (file == "")
		return
	limit = file ~ /\.h$/ ? 150 : 600
	if (lines > limit)
		printf "%s %s:%d: %d lines, at most %d\n", file ~ /\.h$/ ? "header-lines" : "file-lines", file, lines, lines, limit
	if (body)
		printf "form %s:%d: the function has no } in column 0\n", file, body
}

FNR == 1 {
	file_ends()
	file = FILENAME
	in_comment = body = start = parens = labels = going = 0
	if ($0 !~ /^\/\* SPDX-License-Identifier: ISC \*\/$/)
		breach("spdx", 1, "the first line is not the SPDX line")
}

{
	lines = FNR
	if (columns($0) > 100)
		breach("columns", FNR, columns($0) " columns, at most 100")
	if ($0 ~ /[ \t]$/)
		breach("blanks", FNR, "blanks at the end")
	if ($0 ~ /^    /)
		breach("blanks", FNR, "indented by spaces")
	was_comment = in_comment
	code = code_of($0)
	if (code ~ /\/\//)
		breach("comment", FNR, "a comment by //")
	if (code ~ /^#[ \t]*(if|ifdef|ifndef|elif)/ && file ~ /\.c$/ && file !~ /(^|\/)compat\.c$/)
		breach("hash-if", FNR, code)
	if (code ~ /^typedef[ \t]+(struct|union|enum)/ && code !~ /\(/)
		breach("typedef", FNR, code)
	if (code ~ /(^|[^_a-zA-Z0-9])(strcpy|strcat|sprintf|gets|strtok|alloca|atoi|system|popen)[ \t]*\(/)
		breach("function", FNR, code)
	if (code ~ /(^|[^_a-zA-Z0-9])goto / && code !~ /goto out;/)
		breach("goto", FNR, code)
}

code == "" || code ~ /^#/ { next }

!body && code ~ /^[a-zA-Z_]/ { start = FNR; head = code }

!body && code == "{" {
	body = FNR
	name = head
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	parens = going = labels = 0
	next
}

body && code == "}" {
	if (FNR - start + 1 > 60)
		breach("function-lines", start, name " has " FNR - start + 1 " lines, at most 60")
	body = 0
	next
}

body {
	if (code ~ /^[a-z_]+:$/ && code !~ /^default:$/)
		if (++labels > 1 || code != "out:")
			breach("goto", FNR, code)
	match(code, /^\t*/)
	if (!going && RLENGTH - 1 > 4)
		breach("nesting", FNR, name " nests " RLENGTH - 1 " deep, at most 4")
	open = close_ = code
	parens += gsub(/\(/, "", open) - gsub(/\)/, "", close_)
	stripped = code
	sub(/^\t*/, "", stripped)
	if (!going)
		control = stripped ~ /^(}[ ]*)?(if|for|while|else|switch|do)([^a-zA-Z_0-9]|$)/
	going = parens > 0 || (stripped !~ /[;{}]$/ && !control && stripped !~ /^(case .*|default|out):$/)
	if (stripped ~ /[,({]$/ && stripped !~ /\) \{$|else \{$|do \{$/)
		going = 1
}

END { file_ends() }
