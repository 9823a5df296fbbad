"""What fills a port: everything that touches the network, or the disk. It decides nothing."""
