"""`ade-monitor redis`: look at the Redis or Valkey of the alerts."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from monitor.cli.console import print_error, print_line, print_note
from monitor.cli.options import PASSED_ON, ShowPassword, settings_of
from monitor.cli.stack_advice import note_stopped_stack
from monitor.settings import masked_url

redis_app = typer.Typer(no_args_is_help=True, help="Look at the Redis or Valkey of the alerts.")


@redis_app.command("url")
def redis_url_command(context: typer.Context, show_password: ShowPassword = False) -> None:
    """Print the URL of Redis, for other programs. The password is masked unless requested."""
    url = settings_of(context).redis.url.get_secret_value()
    note_stopped_stack(context, "redis.url")
    print_line(url if show_password else masked_url(url))


@redis_app.command("shell", context_settings=PASSED_ON)
def redis_shell_command(
    context: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND ARG…]", help="One command, and then the end.")
    ] = None,
) -> None:
    """Open valkey-cli or redis-cli on the server of the alerts, or a simple prompt if neither is installed.

    Example: [bold]ade-monitor redis shell XLEN ade:alerts[/]
    """
    from redis import ResponseError

    from monitor.cli.client_programs import become_redis_client, find_redis_client
    from monitor.cli.redis_prompt import RedisPrompt, prompt_until_end

    settings = settings_of(context).redis
    if find_redis_client():
        note_stopped_stack(context, "redis.url")
    become_redis_client(settings, command or [])
    prompt = RedisPrompt(settings)
    try:
        if not command:
            on_terminal = sys.stdin.isatty()
            if on_terminal:
                print_note("neither valkey-cli nor redis-cli is installed: a simple prompt, `quit` ends it")
            prompt_until_end(prompt, print_line, lambda text: input(text if on_terminal else ""))
            return
        for line in prompt.run(command):
            print_line(line)
    except ResponseError as error:
        print_error(f"Redis refuses the command: {error}")
        raise typer.Exit(1) from None
    finally:
        prompt.close()
