"""Trained models behind the HTTP interface that OpenAI's clients speak, a second front end beside the command line.

Starlette and uvicorn carry it. FastAPI would bring pydantic along for a few routes, and checks in pydantic's words;
here one table of parameters checks, answers in seqgen's words, and makes the OpenAPI document.
"""
