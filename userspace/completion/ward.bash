# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Completion of bash for wardctl, wardd, ward-broker and ward-train. What there is
# to complete the programs themselves say (help, --help): verbs, options and the
# kind of their values, so that nothing here can be behind them.

# What a program says when asked ARG...; nothing on trouble.
_ward_said() { # COMMAND ARG...
	local command=${1/#\~\//$HOME/}

	shift
	"$command" "$@" 2>/dev/null </dev/null
}

# The options that a text names: one a line.
_ward_options() {
	grep -oE -e '(^|[^[:alnum:]-])--?[a-z][a-z-]*' | sed -E 's/^[^-]//' |
		grep -E -e '^(-[a-z]|--[a-z][a-z-]+)$' | sort -u
}

# The word behind OPTION in a text, where that is a value's name: FILE, DIR, ...;
# else what it lists there: traced,dumpable or qemu|ec2.
_ward_value() { # OPTION
	sed -nE "s/(^|.*[^[:alnum:]-])$1(, --[a-z-]+)?\\[?[= ]([A-Z]+|[a-z0-9-]+([,|][a-z0-9-]+)+)([^[:alpha:]].*|)\$/\\3/p" |
		head -n 1
}

_ward_reply() { # WORDS: those that begin with what was typed
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$_ward_typed")
}

_ward_files() { # -f or -d
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$_ward_typed")
}

# Words in a list with commas: what is before the last comma stays. compgen expands its
# words as the shell does, so nothing that was typed gets there but what a list can hold.
_ward_list() { # WORDS
	local before="" word words=""

	[[ $_ward_typed != *[^A-Za-z0-9_./:=+,-]* ]] || return
	[[ $_ward_typed == *,* ]] && before=${_ward_typed%,*},
	for word in $1; do
		[[ ,$before == *",$word,"* ]] || words+=" $before$word"
	done
	compopt -o nospace 2>/dev/null
	_ward_reply "$words"
}

# A value by its name in the usage; of what is neither file nor word nothing is known.
_ward_value_reply() { # NAME
	case $1 in
	*,*) _ward_list "${1//,/ }" ;;
	*\|*) _ward_reply "${1//|/ }" ;;
	DIR | DIRECTORY) _ward_files -d ;;
	FORMAT) _ward_reply 'text json' ;;
	PURPOSE | WORD) _ward_reply 'release channel receipt seal report' ;;
	PURPOSES) _ward_list 'release channel receipt seal report raw all none' ;;
	FILE | CERT | CA | PLAN | LINE) _ward_files -f ;;
	esac
}

# What was typed, and the option whose value it is (--option=value comes in three).
_ward_begin() {
	_ward_typed=${COMP_WORDS[COMP_CWORD]}
	_ward_option=
	local back=1

	if [[ $_ward_typed == = ]]; then
		_ward_typed=
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
		back=2
	fi
	# It becomes part of a program for sed.
	[[ ! ${COMP_WORDS[COMP_CWORD - back]} =~ ^--?[a-z][a-z-]*$ ]] ||
		_ward_option=${COMP_WORDS[COMP_CWORD - back]}
	COMPREPLY=()
}

# Options of a text, values of them, or else files.
_ward_complete() { # TEXT [MORE-OPTIONS]
	local value=""

	[[ -z $_ward_option ]] || value=$(_ward_value "$_ward_option" <<<"$1")
	if [[ $_ward_typed == -* ]]; then
		_ward_reply "$(_ward_options <<<"$1") ${2:-}"
	elif [[ -n $value ]]; then
		_ward_value_reply "$value"
	else
		_ward_files -f
	fi
}

# ---- wardctl --------------------------------------------------------------------

_wardctl_verbs() { # COMMAND: one a line
	_ward_said "$1" help | sed -nE '/^usage/,/^  -/s/^  ([a-z]+( [a-z][a-z-]*)?)  .*/\1/p'
}

# Words of the command line before the typed one, without what every verb takes.
_wardctl_words() {
	local i word

	_wardctl_typed=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-o | --output)
			[[ ${COMP_WORDS[i + 1]} != = ]] || i=$((i + 1))
			i=$((i + 1))
			;;
		-o* | -q | --quiet | help) ;;
		*) _wardctl_typed+=("$word") ;;
		esac
	done
}

# The verb that stands there, "" where none is whole.
_wardctl_verb() { # VERBS
	local two="${_wardctl_typed[0]:-} ${_wardctl_typed[1]:-}"

	if grep -qxF -- "$two" <<<"$1"; then
		echo "$two"
	elif [[ -n ${_wardctl_typed[0]:-} ]] && grep -qxF -- "${_wardctl_typed[0]}" <<<"$1"; then
		echo "${_wardctl_typed[0]}"
	fi
}

# The next word of a verb.
_wardctl_next() { # VERBS
	local first=${_wardctl_typed[0]:-}

	if [[ $_ward_typed == -* ]]; then
		_ward_reply "$_wardctl_always --version"
	elif [[ -z $first ]]; then
		_ward_reply "$(cut -d ' ' -f 1 <<<"$1" | sort -u) help"
	else
		_ward_reply "$(sed -n "s/^${first//[^a-z]/} //p" <<<"$1")"
	fi
}

# What stands in a verb's usage in so many words: provider set tsm.
_wardctl_argument() { # COMMAND VERB TEXT
	local literal

	case $2 in
	explain)
		_ward_reply "$(_ward_said "$1" -o json explain |
			sed -nE 's/.*"reason": *"([A-Za-z0-9-]+)".*/\1/p' | sort -u)"
		return
		;;
	esac
	literal=$(sed -nE "1s/^usage: wardctl $2 ([a-z]+)( .*|)\$/\\1/p" <<<"$3")
	if [[ -n $literal ]]; then
		_ward_reply "$literal"
	else
		_ward_complete "$3" "$_wardctl_always"
	fi
}

_wardctl() {
	local _ward_typed _ward_option _wardctl_typed verbs verb text
	local _wardctl_always='-o --output -q --quiet -h --help'

	_ward_begin
	case $_ward_option in
	-o | --output)
		_ward_reply 'text json'
		return
		;;
	esac
	_wardctl_words
	verbs=$(_wardctl_verbs "$1")
	verb=$(_wardctl_verb "$verbs")
	if [[ -z $verb ]]; then
		_wardctl_next "$verbs"
		return
	fi
	# shellcheck disable=SC2086 # a verb may be two words
	text=$(_ward_said "$1" help $verb)
	if [[ $_ward_typed == -* || -n $_ward_option ]]; then
		_ward_complete "$text" "$_wardctl_always"
	else
		_wardctl_argument "$1" "$verb" "$text"
	fi
}

# ---- wardd ----------------------------------------------------------------------

# Name and options of each backend, one a line.
_wardd_backends() { # COMMAND
	_ward_said "$1" --help | sed -n '/^Backends/,$p' | sed 1d |
		awk '/^  [a-z]/ { name = $1; print name, "timeout" } /^   / { print name, $0 }'
}

_wardd_backend() { # COMMAND
	local backends name
	backends=$(_wardd_backends "$1")

	if [[ $_ward_typed != *,* ]]; then
		compopt -o nospace 2>/dev/null
		_ward_reply "$(cut -d ' ' -f 1 <<<"$backends" | sort -u)"
	else
		name=${_ward_typed%%,*}
		_ward_list "$(sed -n "s/^${name//[^a-z-]/} //p" <<<"$backends")"
	fi
}

_wardd() {
	local _ward_typed _ward_option

	_ward_begin
	case $_ward_option in
	-b | -s | --backend | --beside) _wardd_backend "$1" ;;
	-x | --exclusive) _ward_reply mend ;;
	*) _ward_complete "$(_ward_said "$1" --help)" ;;
	esac
}

# ---- ward-broker ----------------------------------------------------------------

_ward_broker() {
	local _ward_typed _ward_option

	_ward_begin
	_ward_complete "$(_ward_said "$1" --help)" --help
}

# ---- ward-train -----------------------------------------------------------------

_ward_train() {
	local _ward_typed _ward_option help

	_ward_begin
	help=$(_ward_said "$1" --help)
	if ((COMP_CWORD > 1)); then
		_ward_complete "$(_ward_said "$1" "${COMP_WORDS[1]}" --help)" --help
	elif [[ $_ward_typed == -* ]]; then
		_ward_reply '--help --version'
	else
		_ward_reply "$(sed -nE '/^usage/,/--help/s/^  ([a-z]+)  .*/\1/p' <<<"$help")"
	fi
}

complete -F _wardctl wardctl
complete -F _wardd wardd
complete -F _ward_broker ward-broker
complete -F _ward_train ward-train
