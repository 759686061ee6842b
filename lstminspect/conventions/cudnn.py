"""cuDNN: a matrix and a bias for every linLayerID, input before state.

Source: cudnnGetRNNLinLayerMatrixParams, as CUDA.jl (lib/cudnn/rnn.jl) lays it out. The numbers are
those of the linLayerIDs. Biases are those of the mode CUDNN_RNN_DOUBLE_BIAS, the default.
"""

from lstminspect.conventions.convention import Activations, Convention, PackedTensor, packed


def numbered(kind: str, blocks: str) -> tuple[PackedTensor, ...]:
    """One tensor for each block, numbered."""
    return tuple(packed(f"{kind}_{number}", block) for number, block in enumerate(blocks.split()))


_LSTM = numbered("matrix", "W_i W_f W_g W_o U_i U_f U_g U_o")
_LSTM_BIASES = numbered("bias", "b_i b_f b_g b_o b_i b_f b_g b_o")

TABLES = {
    "cudnn": Convention(
        name="cudnn",
        title="cuDNN",
        source="cuDNN, cudnnGetRNNLinLayerMatrixParams; CUDA.jl, lib/cudnn/rnn.jl",
        transposed=False,
        concatenates=True,
        runs_of={"rnn": Activations(activation=("relu",))},  # CUDNN_RNN_RELU
        cells={
            "lstm": (*_LSTM, *_LSTM_BIASES),
            "projected": (*_LSTM, packed("matrix_8", "P"), *_LSTM_BIASES),
            # The reset acts after the product, and the last bias stands inside it.
            "gru": (
                *numbered("matrix", "W_r W_z W_n U_r U_z U_n"),
                *numbered("bias", "b_r b_z b_n b_r b_z d_n"),
            ),
            "rnn": (*numbered("matrix", "W_h U_h"), *numbered("bias", "b_h b_h")),
        },
    )
}
