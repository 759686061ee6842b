"""ONNX: the wire format of protobuf, the graphs, and the recurrent nodes in them."""
