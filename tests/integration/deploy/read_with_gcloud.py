"""Run by gcloud's own Python: `read_with_gcloud.py SDK_LIB`, with what is to be read as JSON on standard input and the finding on standard output.

{"commands": [[word, ...]]}                      which of them gcloud refuses to parse
{"formats": [[[option, ...], document]]}         what gcloud prints of a document
{"manifests": [yaml]}                            of each, what Cloud Run's messages do not have
"""

import contextlib
import io
import json
import os
import sys
import tempfile

sys.path[:0] = [sys.argv[1], os.path.join(sys.argv[1], "third_party")]

from googlecloudsdk.core import exceptions, log


def refused(commands):
    """Parse each command as gcloud does before it runs one."""
    from googlecloudsdk import gcloud_main

    parser = gcloud_main.CreateCLI([])._TopElement()._parser
    found = []
    for words in commands:
        # Where `-` stands for a manifest, it is read while the command is parsed.
        sys.stdin = io.StringIO("kind: Service\n")
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                parser.parse_args(words)
        except SystemExit:
            found.append(" ".join(words))
    return found


def formatted(formats):
    """Print each document as a command would whose answer it is."""
    from googlecloudsdk import gcloud_main

    cli = gcloud_main.CreateCLI([])
    found = []
    for options, document in formats:
        with (
            tempfile.NamedTemporaryFile("w", suffix=".json") as file,
            contextlib.redirect_stdout(io.StringIO()) as out,
        ):
            json.dump([document], file)
            file.flush()
            log.Reset(stdout=out)
            cli.Execute(["meta", "list-from-json", file.name, *options])
        found.append(out.getvalue().rstrip("\n"))
    return found


def unknown(manifests):
    """Decode each as `gcloud run services replace` does."""
    from googlecloudsdk.api_lib.run import global_methods
    from googlecloudsdk.api_lib.util import apis, messages
    from googlecloudsdk.core import yaml

    run = apis.GetMessagesModule(
        global_methods.SERVERLESS_API_NAME, global_methods.SERVERLESS_API_VERSION
    )
    found = []
    for text in manifests:
        try:
            messages.DictToMessageWithErrorCheck(dict(yaml.load(text)), run.Service)
        except exceptions.Error as error:
            found.append(str(error))
        else:
            found.append("")
    return found


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    does = {"commands": refused, "formats": formatted, "manifests": unknown}
    print(json.dumps({name: does[name](things) for name, things in asked.items()}))
