"""Images, sequences and volumes: convolution, pooling and resampling."""
