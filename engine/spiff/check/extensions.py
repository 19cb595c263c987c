from engine.spiff.diagram import Diagram


def check_extensions(diagram: Diagram) -> None:
    return
