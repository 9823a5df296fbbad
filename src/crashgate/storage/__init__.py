"""What fills a port: everything that touches the network, the disk or the machine's clock. Rule: it decides nothing."""
