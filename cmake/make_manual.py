"""Makes a man page and a completion for bash of what a tool says to --help.

make_manual.py TOOL FOLDER writes FOLDER/man/man1/TOOL.1 and
FOLDER/bash-completion/completions/TOOL."""
import os
import pathlib
import re
import subprocess
import sys


def parse(text):
    """The parts of LLVM's help: overview, usage and lines of groups of options."""
    overview, _, rest = text.partition("\nUSAGE: ")
    usage, _, options = rest.partition("\n\nOPTIONS:\n")
    title, _, overview = overview.removeprefix("OVERVIEW: ").partition("\n")
    return title.strip(), overview.strip("\n"), usage.strip(), options.strip("\n").splitlines()


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


OPTION = re.compile(r"^  +(-\S.*?)\s+- (.*)$")
VALUE = re.compile(r"^    =(\S+)\s+-\s+(.*)$")


def man_page(name, version, help_text):
    title, overview, usage, options = parse(help_text)
    lines = [f'.TH {name.upper()} 1 "" "{version}" "lw"', ".SH NAME", f"{name} \\- {roff(title)}",
             ".SH SYNOPSIS", f".B {roff(usage)}", ".SH DESCRIPTION", ".nf", roff(overview), ".fi", ".SH OPTIONS"]
    for line in options:
        if option := OPTION.match(line):
            lines += [".TP", f".B {roff(option[1])}", roff(option[2])]
        elif value := VALUE.match(line):
            lines += [".RS", f".B {roff(value[1])}", roff(value[2]), ".RE"]
        elif line.strip().endswith(":") and not line.startswith("  "):
            lines += [f".SS {roff(line.strip(':'))}"]
        elif line.strip():
            lines += [roff(line.strip())]
    return "\n".join(lines) + "\n"


def completion(name, help_text):
    """Options, values of those that list them, and files."""
    *_, options = parse(help_text)
    flags, values, last = [], {}, None
    for line in options:
        if option := OPTION.match(line):
            flag, equals, _ = option[1].partition("=")
            last = flag.split()[0]
            flags.append(last + equals)
        elif (value := VALUE.match(line)) and last:
            values.setdefault(last, []).append(value[1])
    function = "_" + re.sub(r"\W", "_", name)
    cases = "".join(f'  {flag}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$word")); return ;;\n'
                    for flag, words in values.items())
    # Readline cuts words at '='.
    return f"""# bash completion of {name}
{function}() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" flag="${{COMP_WORDS[COMP_CWORD - 1]}}"
  if [[ $word == = ]]; then
    word=""
  elif [[ $flag == = ]]; then
    flag="${{COMP_WORDS[COMP_CWORD - 2]}}"
  fi
  case "$flag" in
{cases}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "{" ".join(flags)}" -- "$word"))
    [[ ${{COMPREPLY[0]-}} == *= ]] && compopt -o nospace
  else
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -F {function} {name}
"""


def main():
    tool, folder = sys.argv[1:]
    name = os.path.basename(tool)
    says = lambda flag: subprocess.run([tool, flag], check=True, capture_output=True, text=True).stdout
    help_text, version = says("--help"), says("--version").splitlines()[0]
    for path, text in ((f"man/man1/{name}.1", man_page(name, version.split(",")[0], help_text)),
                       (f"bash-completion/completions/{name}", completion(name, help_text))):
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


main()
