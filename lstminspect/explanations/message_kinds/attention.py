"""Messages about attention: query, key, value, and their masks."""

from __future__ import annotations

from lstminspect.explanations.message_kinds.kind import stated

__all__ = ["KINDS"]


KINDS = (
    stated(
        r"Attention layer must be called on a list of inputs|"
        r"Attention layer accepts inputs list of length 2 or 3",
        "Attention takes a list: [query, value], or [query, value, key].",
        ("Attention()([decoder_outputs, encoder_outputs])", "query first; both need time steps"),
        ("return_sequences=True", "on both recurrent layers"),
    ),
    stated(
        r"missing a required argument: '(?P<name>value|states)'",
        "The call needs {name} too.",
        ("MultiHeadAttention(2, 16)(query, value)", "self-attention: the same tensor twice"),
        ("cell(x, [h, c])", "a cell takes one step and its states"),
    ),
    stated(
        r"Expected input 1 to have rank (?P<wanted>\d) but got: (?P<got>\d)",
        "The value of an attention has an axis too few: the time steps.",
        ("return_sequences=True", "on the layer that gives the value: (batch, timesteps, units)"),
    ),
    stated(
        r"was expecting embedding dimension of (?P<wanted>\d+), but got (?P<got>\d+)",
        "The attention was built for a width of {wanted}, and {got} came.",
        ("nn.MultiheadAttention({got}, heads)", "embed_dim is the last size of the query"),
        ("nn.Linear({got}, {wanted}) before it", "gives the query that width"),
    ),
    stated(
        r"key shape (?P<one>torch\.Size\([^)]*\)) does not match value shape "
        r"(?P<other>torch\.Size\([^)]*\))",
        "Key and value have as many time steps as each other: {one} and {other} came.",
        ("attention(query, memory, memory)", "key and value from one tensor"),
    ),
    stated(
        r"Expected key_padded_mask\.shape\[0\] to be (?P<wanted>\d+), but got (?P<got>\d+)",
        "The padding mask is (batch, timesteps): {wanted} sequences, and axis 0 is {got}.",
        ("mask.T", "where time steps and batch changed places"),
    ),
    stated(
        r"The shape of the 2D attn_mask is (?P<got>torch\.Size\([^)]*\)), but should be "
        r"(?P<wanted>\([^)]*\))",
        "The mask of an attention is (steps of query, steps of key): {wanted}, and {got} came.",
        ("nn.Transformer.generate_square_subsequent_mask(steps)", "for as many steps as there are"),
    ),
)
