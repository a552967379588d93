#!/bin/sh
# SPDX-License-Identifier: ISC
# Sizes and form of the C sources.
. "$(dirname "$0")/../lib.sh"
. "$SRC/t/lint/lint.sh"

# bad RULE TEXT: a file with TEXT in it must break the rule.
bad() {
	printf '/* SPDX-License-Identifier: ISC */\n%b' "$2" >"$trash/bad.c"
	like "$(awk -f t/lint/limits.awk "$trash/bad.c")" "^$1 " "the checker sees a breach of: $1"
}

long=$(awk 'BEGIN { for (i = 0; i < 58; i++) printf "\\tx();\\n" }')
bad function-lines "int f(void)\n{\n$long}\n"
bad nesting 'int f(void)\n{\n\tif (a)\n\t\tif (b)\n\t\t\tif (c)\n\t\t\t\tif (d)\n\t\t\t\t\tif (e)\n\t\t\t\t\t\tg();\n}\n'
bad columns "/* $(printf '%099d' 0) */\n"
bad hash-if '#ifdef X\n#endif\n'
bad comment '// no\n'
bad blanks '    int x;\n'
bad goto 'int f(void)\n{\n\tgoto fail;\n}\n'
bad typedef 'typedef struct x x;\n'
bad function 'int f(void)\n{\n\tsprintf(a, b);\n}\n'
printf 'int x;\n' >"$trash/bad.c"
like "$(awk -f t/lint/limits.awk "$trash/bad.c")" "^spdx " "the checker sees a breach of: spdx"
short=$(awk 'BEGIN { for (i = 0; i < 57; i++) printf "\\tx();\\n" }')
printf '/* SPDX-License-Identifier: ISC */\nint f(void)\n{\n%b}\n' "$short" >"$trash/good.c"
is "$(awk -f t/lint/limits.awk "$trash/good.c")" "" "60 lines pass"
printf '/* SPDX-License-Identifier: ISC */\nint f(void)\n{\n\tif (a ||\n\t\t\t\t\t\tb)\n\t\tg();\n}\n' >"$trash/good.c"
is "$(awk -f t/lint/limits.awk "$trash/good.c")" "" "a continued line is no nesting"

c_files | xargs awk -f t/lint/limits.awk >"$trash/all"
unexcepted "$trash/all" >"$trash/breaches"
clean "functions <= 60 lines, files <= 600, headers <= 150, nesting <= 4, 100 columns, our form" "$trash/breaches"

# An exception that is not needed any more goes.
grep -Ev '^(#|$)' t/lint/exceptions | while read -r rule file function rest; do
	case $rule in
	data | memcpy) continue ;;  # of data.t, raw-bytes.t
	esac
	test "$function" = '#' && function=
	grep -q "^$rule $file:[0-9]*: $function" "$trash/all" || echo "$rule $file $function $rest"
done >"$trash/needless"
clean "each exception is needed" "$trash/needless"
done_testing
